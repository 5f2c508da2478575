import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MigrationError } from './errors.ts';
import { splitStatements } from './split-statements.ts';

export interface Migration {
  /** UTC timestamp, `yyyyMMddHHmmss`; the order of application. */
  readonly version: string;
  readonly name: string;
  readonly sql: string;
  /** As the Supabase CLI records them. */
  readonly statements: readonly string[];
}

/** The repository's own migrations. */
export const migrationsDirectory = fileURLToPath(new URL('../../../../supabase/migrations', import.meta.url));

/** Every `<version>_<name>.sql` of a folder in order. Throws MigrationError for a file that is named otherwise. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  const migrations = await Promise.all(
    names.map(async (file) => {
      const [, version, name] = /^(\d{14})_(.+)\.sql$/.exec(file) ?? [];
      if (version === undefined || name === undefined) {
        throw new MigrationError(`${file}: expected <14-digit version>_<name>.sql`);
      }
      const sql = await readFile(path.join(directory, file), 'utf8');
      return { version, name, sql, statements: splitStatements(sql) };
    }),
  );
  const twice = migrations.find((one, index) => one.version === migrations[index - 1]?.version);
  if (twice) throw new MigrationError(`two files have the version ${twice.version}`);
  return migrations;
}
