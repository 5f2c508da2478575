import { readFileSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Duck } from '../../reading/duck/connect.ts';
import { identifier, literal } from '../../reading/duck/copy-sql.ts';

/** Beside DuckDB's own memory: what its scalar functions take, which it does not count. */
const countedShare = 0.75;

const always = {
  threads: '1',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_persistent_secrets: 'false',
};

/** A database in a file of the current folder, so that inputs and results may be larger than memory. Not locked yet. */
export async function openSandboxDatabase(memoryMegabytes: number, spillMegabytes: number): Promise<Duck> {
  return open({
    ...always,
    memory_limit: `${Math.floor(memoryMegabytes * countedShare)}MB`,
    temp_directory: 'spill',
    max_temp_directory_size: `${spillMegabytes}MB`,
  });
}

/** The same once more, read-only, for SQL of ours: the only files are the pipe that rows leave by, and the database. */
export async function reopenSandboxDatabase(memoryMegabytes: number, fifo: string): Promise<Duck> {
  const memory_limit = `${Math.floor(memoryMegabytes * countedShare)}MB`;
  const duck = await open({ ...always, memory_limit, temp_directory: '', access_mode: 'READ_ONLY' });
  await duck.connection.run(`set allowed_paths = [${literal(fifo)}]`);
  await lock(duck.connection);
  return duck;
}

async function open(options: Record<string, string>): Promise<Duck> {
  const instance = await DuckDBInstance.create('run.db', options);
  const connection = await instance.connect();
  await connection.run(`set TimeZone = 'UTC'`);
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** No file, network, extension or setting from here on. The order matters. */
export async function lock(connection: DuckDBConnection): Promise<void> {
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}

/** Columns of a table, as DuckDB spells their types. */
export async function describeTable(
  connection: DuckDBConnection,
  table: string,
): Promise<{ name: string; duckType: string }[]> {
  const result = await connection.run(
    `select column_name, data_type from duckdb_columns() where table_name = ${literal(table)} order by column_index`,
  );
  return (await result.getRows()).map(([name, duckType]) => ({ name: String(name), duckType: String(duckType) }));
}

export async function countRows(connection: DuckDBConnection, table: string): Promise<number> {
  const [row] = await (await connection.run(`select count(*) from ${identifier(table)}`)).getRows();
  return Number(row?.[0]);
}

/** In kilobytes; what prlimit calls data: all private memory that may be written, reserved or not. */
export function dataSize(): number {
  const [, kilobytes] = /^VmData:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes);
}
