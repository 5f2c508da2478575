import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Kysely, PostgresDialect } from 'kysely';
import { PostgresDialect as CodegenDialect, generate } from 'kysely-codegen';
import { createPool } from './pool.ts';

/** Where the generated types live. */
export const typesFile = fileURLToPath(new URL('./types.gen.ts', import.meta.url));

// Schemas of functions, of other systems, and of tables that are made while the product runs.
const excluded = ['app', 'auth', 'data', 'extensions', 'jobs', 'staging', 'supabase_migrations'];
// The compile-time half of type-parsers.ts.
const typeMapping = { int8: 'number', timestamptz: 'string', timestamp: 'string', date: 'string' };

/**
 * Kysely's types for the tables of a migrated database, as TypeScript source. Give it a database that holds the
 * migrations and nothing else, never somebody's development database.
 */
export async function describeTypes(url: string): Promise<string> {
  const pool = createPool(url, { poolSize: 1 });
  try {
    return await generate({
      db: new Kysely({ dialect: new PostgresDialect({ pool }) }),
      dialect: new CodegenDialect({ numericParser: 'string' }),
      excludePattern: `{${excluded.join(',')}}.*`,
      outFile: null,
      typeMapping,
      typeOnlyImports: true,
    });
  } finally {
    await pool.end();
  }
}

/** Writes what describeTypes returns. */
export async function generateTypes(url: string, file: string = typesFile): Promise<void> {
  await writeFile(file, await describeTypes(url));
}
