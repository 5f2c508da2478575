import type { DuckDBConnection } from '@duckdb/node-api';
import { StatementType } from '@duckdb/node-api';
import { identifier, literal } from '../../reading/duck/copy-sql.ts';
import type { SandboxRequest, Selected } from '../protocol.ts';
import { SqlEdgeError } from '../sql-edge-error.ts';
import { checkSelect } from './check-select.ts';
import { resultType } from './result-type.ts';
import { countRows, describeTable } from './sandbox-database.ts';

type SelectRequest = Extract<SandboxRequest, { type: 'select' }>;

/** Longer texts are cut in a sample. */
const sampleLength = 200;

/**
 * Makes a table of what a tenant's SELECT says of the tables so far. It runs within `query`, which parses the same text once
 * more and takes one SELECT alone: no comment or bracket in it can reach what stands around it.
 */
export async function runSelect(
  connection: DuckDBConnection,
  { sql, into, maxRows, maxColumns, sample }: SelectRequest,
  tables: Iterable<string>,
): Promise<Selected> {
  await checkSelect(connection, sql, tables);
  await checkShape(connection, sql, maxColumns);
  const rowsOf = `select * from query(${literal(sql)})`;
  await connection.run(`create table ${identifier(into)} as ${rowsOf} limit ${maxRows + 1}`);
  const rows = await countRows(connection, into);
  if (rows > maxRows) {
    await connection.run(`drop table ${identifier(into)}`);
    throw new SqlEdgeError('too_many_rows', `The result has more than ${maxRows.toLocaleString('en')} rows.`);
  }
  const columns = (await describeTable(connection, into)).map(({ name, duckType }) => ({
    name,
    duckType: duckType.slice(0, 200),
    type: resultType(name, duckType),
  }));
  return { columns, rows, sample: sample > 0 ? await readSample(connection, into, columns, sample) : [] };
}

/** Before anything runs: a second parser's word that it is one SELECT, and how wide it is. */
async function checkShape(connection: DuckDBConnection, sql: string, maxColumns: number): Promise<void> {
  const statements = await connection.extractStatements(sql);
  const prepared = statements.count === 1 ? await statements.prepare(0) : null;
  if (prepared?.statementType !== StatementType.SELECT) throw new SqlEdgeError('refused', 'An edge is one SELECT.');
  const { columnCount } = prepared;
  prepared.destroySync();
  if (columnCount > maxColumns) {
    const most = maxColumns.toLocaleString('en');
    throw new SqlEdgeError('too_many_columns', `The result has ${columnCount} columns; ${most} are the most.`);
  }
}

async function readSample(
  connection: DuckDBConnection,
  table: string,
  columns: Selected['columns'],
  rows: number,
): Promise<(string | null)[][]> {
  const cells = columns.map(({ name }) => `left(cast(${identifier(name)} as varchar), ${sampleLength})`);
  const result = await connection.run(`select ${cells.join(', ')} from ${identifier(table)} limit ${rows}`);
  return (await result.getRows()).map((row) => row.map((cell) => (cell === null ? null : String(cell))));
}
