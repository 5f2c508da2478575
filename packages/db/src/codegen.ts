import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Kysely, PostgresDialect } from 'kysely';
import { PostgresDialect as CodegenDialect, generate } from 'kysely-codegen';
import { readPrivileges } from './logins/privileges.ts';
import { createPool } from './pool.ts';
import { withClient } from './with-client.ts';

/** Where the generated types live. */
export const typesFile = fileURLToPath(new URL('./types.gen.ts', import.meta.url));
/** Where the list of what the migrations grant lives. */
export const privilegesFile = fileURLToPath(new URL('./logins/privileges.gen.ts', import.meta.url));

// Schemas of functions, of other systems, and of tables that are made while the product runs.
const excluded = ['app', 'auth', 'data', 'extensions', 'jobs', 'staging', 'supabase_migrations'];
// The compile-time half of type-parsers.ts.
const typeMapping = { int8: 'number', timestamptz: 'string', timestamp: 'string', date: 'string' };
const grantees = ['authenticated', 'granary_member', 'granary_api', 'granary_identity', 'granary_worker'];

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

/** What the migrations grant to the product's roles, as TypeScript source; the preflight compares a live database. */
export async function describePrivileges(url: string): Promise<string> {
  const lines = await withClient(url, (client) => readPrivileges(client, grantees));
  const list = lines.map((line) => `  ${JSON.stringify(line)},\n`).join('');
  return `// Generated from the migrations; do not edit.\nexport const grantedPrivileges: readonly string[] = [\n${list}];\n`;
}

/** Writes both generated files from a database that holds the migrations and nothing else. */
export async function generateTypes(
  url: string,
  files = { types: typesFile, privileges: privilegesFile },
): Promise<void> {
  await writeFile(files.types, await describeTypes(url));
  await writeFile(files.privileges, await describePrivileges(url));
}
