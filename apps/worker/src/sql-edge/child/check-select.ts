import type { DuckDBConnection } from '@duckdb/node-api';
import { z } from 'zod';
import { literal } from '../../reading/duck/copy-sql.ts';
import { SqlEdgeError } from '../sql-edge-error.ts';

/**
 * Table functions that make rows out of their arguments alone. All others are refused, though the database is locked: some
 * write (enable_logging, enable_profiling), some take SQL as a text (query, json_execute_serialized_sql), and a future
 * version may have more.
 */
const tableFunctions = new Set([
  'range',
  'generate_series',
  'unnest',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
]);

/** Scalar functions that tell of the process or leave something behind in it. */
const outsideFunctions = new Set([
  'getenv',
  'getvariable',
  'write_log',
  'current_setting',
  'current_connection_id',
  'current_query',
  'current_query_id',
  'current_transaction_id',
  'txid_current',
  'nextval',
  'currval',
  'query',
  'query_table',
  'sleep_ms',
]);

const serialized = z.union([
  z.object({ error: z.literal(true), error_type: z.string(), error_message: z.string() }),
  z.object({
    error: z.literal(false),
    statements: z.array(z.object({ node: z.unknown(), named_param_map: z.array(z.unknown()) })),
  }),
]);

/**
 * Passes one SELECT that reads nothing but these tables, as DuckDB's own parser understands it; what is refused is found in
 * its syntax tree, never in the text. Throws SqlEdgeError invalid_sql or refused.
 */
export async function checkSelect(connection: DuckDBConnection, sql: string, tables: Iterable<string>): Promise<void> {
  if (sql.includes('\0')) throw new SqlEdgeError('refused', 'The SQL holds a NUL character.');
  const tree = serialized.parse(await serialize(connection, sql));
  if (tree.error) {
    if (tree.error_type === 'not implemented') throw notOneSelect();
    throw new SqlEdgeError('invalid_sql', tree.error_message.slice(0, 500));
  }
  const [statement, ...more] = tree.statements;
  if (!statement || more.length > 0) throw notOneSelect();
  if (statement.named_param_map.length > 0) {
    throw new SqlEdgeError('refused', 'The SQL has placeholders; parameters stand in the table "parameters".');
  }
  const objects = everyObject(statement.node);
  const names = new Set([...tables].map((name) => name.toLowerCase()));
  for (const { cte_map: ctes } of objects) {
    for (const { key } of cteMap.safeParse(ctes).data?.map ?? []) names.add(key.toLowerCase());
  }
  for (const object of objects) checkObject(object, names);
}

const cteMap = z.object({ map: z.array(z.object({ key: z.string() })) });
const baseTable = z.object({ table_name: z.string(), schema_name: z.string(), catalog_name: z.string() });
const calledFunction = z.object({ function_name: z.string(), schema: z.string(), catalog: z.string() });
const tableFunction = z.object({ function: calledFunction });

function checkObject(object: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): void {
  if (object.type === 'BASE_TABLE') {
    const { table_name: name, schema_name: schema, catalog_name: catalog } = baseTable.parse(object);
    if (schema !== '' || catalog !== '' || !names.has(name.toLowerCase())) {
      const known = [...names].map((each) => `"${each}"`).join(', ') || 'nothing';
      throw new SqlEdgeError('refused', `The SQL reads "${shown(name)}", which is no input of it. There is ${known}.`);
    }
  } else if (object.type === 'TABLE_FUNCTION') {
    const { function_name: name } = tableFunction.parse(object).function;
    if (!tableFunctions.has(name.toLowerCase())) throw forbidden(name);
  } else if (object.type === 'SHOW_REF') {
    throw new SqlEdgeError('refused', 'DESCRIBE, SHOW and SUMMARIZE are no SELECT over the inputs.');
  } else if (object.class === 'FUNCTION') {
    const { function_name: name } = calledFunction.parse(object);
    const inside = outsideFunctions.has(name.toLowerCase()) || name.toLowerCase().startsWith('pg_');
    if (inside) throw forbidden(name);
  }
}

const shown = (name: string) => name.slice(0, 100);
const forbidden = (name: string) => new SqlEdgeError('refused', `The SQL may not use the function ${shown(name)}.`);
const notOneSelect = () =>
  new SqlEdgeError(
    'refused',
    'An edge is one SELECT: no other statement, not several, and no PIVOT without its values.',
  );

async function serialize(connection: DuckDBConnection, sql: string): Promise<unknown> {
  const result = await connection.run(`select json_serialize_sql(${literal(sql)})::varchar`);
  const [row] = await result.getRows();
  return JSON.parse(String(row?.[0]));
}

/** All objects of a tree, however deep: by a list, since who wrote it decides the depth. */
function everyObject(tree: unknown): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const waiting: unknown[] = [tree];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (Array.isArray(value)) {
      for (const each of value) waiting.push(each);
    } else if (isRecord(value)) {
      found.push(value);
      for (const each of Object.values(value)) waiting.push(each);
    }
  }
  return found;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
