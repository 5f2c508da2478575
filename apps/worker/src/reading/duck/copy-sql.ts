import type { ColumnType } from '@granary/domain/column-types';
import { copyGrammar } from '../csv/clean-copy.ts';
import type { Grammar } from '../csv/grammar.ts';
import type { ColumnEvidence } from '../inspection.ts';
import type { ColumnRule } from '../typing/column-rules.ts';

export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
export const identifier = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** DuckDB's name of the n-th column of a CSV file, from 0: never a name out of the file. */
export const columnAt = (index: number) => `c${index}`;

const defaultMaxLine = 2_000_000;

/**
 * The one way in which DuckDB reads text here. Nothing is detected, and nothing forgiven: the file holds only rows that
 * fit, so whatever DuckDB objects to is an error of ours, and ends the load.
 */
export function readCsvSource(options: {
  path: string;
  grammar: Grammar;
  /** The first of the columns; 0 unless the file is a part of a wide one. */
  firstColumn?: number;
  columns: number;
  header: boolean;
  /** null: DuckDB tells CR LF by itself; its option for it joins rows. */
  newLine: 'lf' | null;
  longestRecord: number;
}): string {
  const { delimiter } = copyGrammar(options.grammar);
  const columns = Array.from(
    { length: options.columns },
    (_, index) => `'${columnAt((options.firstColumn ?? 0) + index)}':'VARCHAR'`,
  ).join(',');
  const maxLine = Math.max(defaultMaxLine, 2 * options.longestRecord);
  return [
    `read_csv(${literal(options.path)}`,
    'auto_detect=false',
    `columns={${columns}}`,
    `header=${options.header}`,
    `delim=${literal(String.fromCharCode(delimiter))}`,
    `quote='"'`,
    `escape='"'`,
    'strict_mode=true',
    'null_padding=false',
    'allow_quoted_nulls=false',
    'ignore_errors=false',
    `compression='none'`,
    'hive_partitioning=false',
    `max_line_size=${maxLine}`,
    ...(maxLine > defaultMaxLine ? [`buffer_size=${2 * maxLine}`] : []),
    ...(options.newLine ? [`new_line='\\n'`] : []),
  ]
    .join(', ')
    .concat(')');
}

/**
 * The value of a text column as Postgres reads its type: as it stands, but for NULLs that are spelled, empty strings, dates
 * that are not ISO and decimal commas. Values whose type the user gave were rewritten by the scan.
 */
export function cellExpression(
  column: string,
  type: ColumnType,
  { emptyStrings, nullSpellings, spelling }: ColumnEvidence,
  rule?: ColumnRule,
): string {
  const nulls = nullSpellings.filter(({ applied }) => applied).map(({ value }) => literal(value));
  if (type !== 'text' && emptyStrings > 0) nulls.push(`''`);
  const value = nulls.length > 0 ? `case when ${column} in (${nulls.join(', ')}) then null else ${column} end` : column;
  if (rule && rule.type !== null) return value;
  if (rule?.decimalSeparator === ',' && isNumber(type)) return withPoint(value);
  if (spelling === null) return value;
  // ISO timestamps may stand among the others, with a T between date and time
  const spaced = type === 'date' ? value : `translate(${value}, 'T', ' ')`;
  const date = type === 'date' ? value : `split_part(${spaced}, ' ', 1)`;
  const slashed = `translate(${date}, '.-', '//')`;
  const format = { 'year-month-day': '%Y/%m/%d', 'day-month-year': '%d/%m/%Y', 'month-day-year': '%m/%d/%Y' }[spelling];
  const iso = `strftime(strptime(${slashed}, '${format}'), '%Y-%m-%d')`;
  return type === 'date' ? iso : `${iso} || ' ' || split_part(${spaced}, ' ', 2)`;
}

const isNumber = (type: ColumnType) => type === 'bigint' || type === 'double precision' || type === 'numeric';

/** 1.234,5 and 1 234,5 as 1234.5: what may stand between groups is dropped. */
const withPoint = (value: string) => `replace(translate(${value}, '. \u00a0\u202f''', ''), ',', '.')`;
