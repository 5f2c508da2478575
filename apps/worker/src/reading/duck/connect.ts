import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { literal } from './copy-sql.ts';

/** A database and the one connection to it. */
export interface Duck {
  readonly connection: DuckDBConnection;
  close(): void;
}

/**
 * DuckDB with nothing but one file to read and one folder to write, in memory, on one thread: two use half as much memory
 * again, and the other core is Postgres'. All SQL that it is given is ours; the locks are for what a hostile file may find
 * in it. Their order matters.
 */
export async function connectDuck(readable: string, workDirectory: string, memoryLimit = '512MB'): Promise<Duck> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: memoryLimit,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  for (const setting of [
    `set TimeZone = 'UTC'`,
    `set allowed_paths = [${literal(readable)}]`,
    `set allowed_directories = [${literal(`${workDirectory}/`)}]`,
    'set enable_external_access = false',
    'set lock_configuration = true',
  ]) {
    await connection.run(setting);
  }
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
