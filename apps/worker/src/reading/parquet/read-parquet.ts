import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnType } from '@granary/domain/column-types';
import { z } from 'zod';
import { columnNames } from '../column-names.ts';
import { connectDuck } from '../duck/connect.ts';
import { identifier, literal } from '../duck/copy-sql.ts';
import { describeDuckError } from '../duck/describe-duck-error.ts';
import type { InspectedColumn } from '../inspection.ts';
import { ReadError } from '../read-error.ts';
import type { ReadingContext, TablePlan } from '../reading-plan.ts';
import { damagedParquet } from './damaged-parquet.ts';
import { mapParquetType, type ParquetMapping } from './map-parquet-type.ts';

interface ParquetColumn {
  readonly originalName: string;
  readonly duckType: string;
  readonly mapping: ParquetMapping;
}

interface CheckedColumn {
  readonly values: number;
  readonly misfits: number;
  readonly nuls: number;
  readonly emptyStrings: number;
}

/** Columns of one query: DuckDB plans a query of thousands slowly. */
const groupSize = 250;
const counts = z.array(z.coerce.number());

/**
 * A Parquet file says its types itself; they are mapped to Postgres' where every value survives, and to text otherwise.
 * No row is ever set apart: the file fits as a whole or is refused. Throws ReadError.
 */
export async function readParquet(path: string, context: ReadingContext): Promise<TablePlan> {
  context.progress('detecting', 0, 1);
  const source = `read_parquet(${literal(path)}, hive_partitioning=false)`;
  const { connection, close } = await connectDuck(path, context.workDirectory);
  try {
    const found = await describe(connection, source);
    if (found.length > context.limits.columns) {
      throw new ReadError('too_large', `The file has ${found.length} columns; ${context.limits.columns} are allowed.`);
    }
    const [rows = 0] = await countsOf(connection, `select sum(num_rows) from parquet_file_metadata(${literal(path)})`);
    const checked: CheckedColumn[] = [];
    for (let from = 0; from < found.length; from += groupSize) {
      checked.push(...(await checkColumns(connection, source, found.slice(from, from + groupSize))));
      context.progress('typing', checked.length, found.length);
    }
    return planOf(path, source, found, checked, rows);
  } catch (error) {
    if (error instanceof ReadError) throw error;
    throw damagedParquet(describeDuckError(error));
  } finally {
    close();
  }
}

async function describe(connection: DuckDBConnection, source: string): Promise<ParquetColumn[]> {
  const reader = await connection.runAndReadAll(`describe select * from ${source}`);
  return reader.getRowObjectsJson().map((row) => {
    const duckType = String(row.column_type);
    return { originalName: String(row.column_name), duckType, mapping: mapParquetType(duckType) };
  });
}

/** One scan of a group of columns: values that are not NULL, that do not fit their type, and that no text can hold. */
async function checkColumns(
  connection: DuckDBConnection,
  source: string,
  columns: readonly ParquetColumn[],
): Promise<CheckedColumn[]> {
  const aggregates = columns.flatMap(({ originalName, duckType, mapping }) => {
    const column = identifier(originalName);
    const isText = duckType === 'VARCHAR';
    return [
      `count(${column})`,
      mapping.unless ? `count(*) filter (${mapping.unless.replaceAll('$', () => column)})` : '0',
      isText ? `count(*) filter (contains(${column}, chr(0)))` : '0',
      isText ? `count(*) filter (${column} = '')` : '0',
    ];
  });
  const found = await countsOf(connection, `select ${aggregates.join(', ')} from ${source}`);
  return columns.map((_, index) => {
    const [values = 0, misfits = 0, nuls = 0, emptyStrings = 0] = found.slice(4 * index, 4 * index + 4);
    return { values, misfits, nuls, emptyStrings };
  });
}

async function countsOf(connection: DuckDBConnection, query: string): Promise<number[]> {
  const reader = await connection.runAndReadAll(query);
  return counts.parse(reader.getRowsJson()[0]);
}

function planOf(
  path: string,
  source: string,
  found: readonly ParquetColumn[],
  checked: readonly CheckedColumn[],
  rows: number,
): TablePlan {
  const withNul = found.find((_, index) => checked[index]!.nuls > 0);
  if (withNul) {
    throw new ReadError(
      'unsupported',
      `The column ${JSON.stringify(withNul.originalName)} holds NUL characters, which no text in Postgres can hold.`,
    );
  }
  const names = columnNames(found.map(({ originalName }) => originalName));
  const expressions = new Map<string, string>();
  const columns = found.map(({ originalName, duckType, mapping }, index): InspectedColumn => {
    const { values, misfits, emptyStrings } = checked[index]!;
    const fits = misfits === 0;
    const type: ColumnType = fits ? mapping.type : 'text';
    const value = fits || mapping.type === 'jsonb' ? mapping.value : 'cast($ as varchar)';
    expressions.set(
      names[index]!,
      value.replaceAll('$', () => identifier(originalName)),
    );
    return {
      originalName,
      name: names[index]!,
      type,
      evidence: {
        values: values - emptyStrings,
        nulls: rows - values,
        nullSpellings: [],
        emptyStrings,
        fits: { [mapping.type]: values - emptyStrings - misfits, text: values - emptyStrings },
        misfits: [],
        spelling: null,
        reason: fits
          ? `the file says ${duckType}`
          : `the file says ${duckType}, but ${misfits} values do not fit ${mapping.type}`,
      },
    };
  });
  return {
    path,
    source,
    expressions,
    inspection: { dialect: null, columns, inputRows: rows, cleanRows: rows, quarantinedRows: 0, notes: [] },
  };
}
