import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnType } from '@granary/domain/column-types';
import { identifier, literal } from '../../reading/duck/copy-sql.ts';
import { SqlEdgeError } from '../sql-edge-error.ts';

interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

/** Writes columns of a table to a pipe as CSV for Postgres' COPY (NULL bare, '' quoted). Returns the number of rows. */
export async function copyResult(
  connection: DuckDBConnection,
  { table, columns, fifo }: { readonly table: string; readonly columns: readonly Column[]; readonly fifo: string },
): Promise<number> {
  const list = columns.map(({ name, type }, index) => `${cellOf(identifier(name), type)} as o${index}`);
  // alone on a line, an unquoted \. would end Postgres' COPY (before version 18)
  const forceQuote = columns.length === 1 && columns[0]?.type === 'text' ? ', force_quote (o0)' : '';
  await refuseNul(connection, table, columns);
  const { rowsChanged } = await connection.run(
    `copy (select ${list.join(', ')} from ${identifier(table)}) to ${literal(fifo)} (format csv, header false, use_tmp_file false${forceQuote})`,
  );
  return rowsChanged;
}

/** As Postgres reads it. */
function cellOf(column: string, type: ColumnType): string {
  switch (type) {
    case 'jsonb':
      return `cast(to_json(${column}) as varchar)`;
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return `replace(cast(cast(${column} as ${type}) as varchar), ' (BC)', ' BC')`; // years before Christ are spelled apart
    case 'bigint':
      return `cast(cast(${column} as bigint) as varchar)`; // what a sum of integers is, if it fits
    default:
      return `cast(${column} as varchar)`;
  }
}

/** Postgres keeps no text with a NUL in it. */
async function refuseNul(connection: DuckDBConnection, table: string, columns: readonly Column[]): Promise<void> {
  const texts = columns.filter(({ type }) => type === 'text' || type === 'jsonb');
  if (texts.length === 0) return;
  const found = texts.map(({ name, type }) => {
    const nul = type === 'text' ? 'chr(0)' : `'\\u0000'`;
    return `count(*) filter (where contains(${cellOf(identifier(name), type)}, ${nul}))`;
  });
  const [row = []] = await (await connection.run(`select ${found.join(', ')} from ${identifier(table)}`)).getRows();
  const at = row.findIndex((count) => Number(count) > 0);
  if (at >= 0) {
    throw new SqlEdgeError('unsupported', `The column "${texts[at]?.name}" has texts with the character NUL, which no dataset can hold.`); // biome-ignore format: one line
  }
}
