import type pg from 'pg';
import { MigrationError } from './errors.ts';
import type { Migration } from './read-migrations.ts';

export interface AppliedMigration {
  readonly version: string;
  readonly name: string | null;
  readonly statements: readonly string[] | null;
}

// Both the table and its columns are the Supabase CLI's own, so that the CLI sees our history and we its.
const historyTable = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.schema_migrations (
    version text not null primary key, statements text[], name text
  );`;

/** Creates the history table unless it is there. */
export async function createHistory(client: pg.ClientBase): Promise<void> {
  await client.query(historyTable);
}

/** What was applied, in order; empty where nothing ever was. Changes nothing. */
export async function readHistory(client: pg.ClientBase): Promise<AppliedMigration[]> {
  const { rows } = await client.query<{ there: boolean }>(
    "select to_regclass('supabase_migrations.schema_migrations') is not null as there",
  );
  if (!rows[0]?.there) return [];
  const history = await client.query<AppliedMigration>(
    'select version, name, statements from supabase_migrations.schema_migrations order by version',
  );
  return history.rows;
}

/** Whether so many were applied, `version` the newest: much cheaper to ask than all that they said. */
export async function endsWith(client: pg.ClientBase, version: string, count: number): Promise<boolean> {
  const { rows } = await client.query<{ same: boolean }>(
    'select max(version) = $1 and count(*) = $2 as same from supabase_migrations.schema_migrations',
    [version, count],
  );
  return rows[0]?.same ?? false;
}

export async function record(client: pg.ClientBase, { version, name, statements }: Migration): Promise<void> {
  await client.query(
    'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
    [version, name, statements],
  );
}

/** Throws MigrationError unless the applied migrations are exactly the first files, unchanged. */
export function assertSameHistory(files: readonly Migration[], applied: readonly AppliedMigration[]): void {
  const known = new Map(files.map((file) => [file.version, file]));
  for (const [index, row] of applied.entries()) {
    const file = known.get(row.version);
    if (!file) throw new MigrationError(`${row.version}_${row.name} was applied to the database but has no file`);
    if (isEdited(file, row)) {
      throw new MigrationError(
        `${row.version}_${file.name}.sql was changed after it was applied; write a new migration`,
      );
    }
    const expected = files[index];
    if (expected && expected.version !== row.version) {
      throw new MigrationError(
        `${expected.version}_${expected.name}.sql is out of order: ${row.version} is already applied`,
      );
    }
  }
}

export function isEdited(file: Migration, row: AppliedMigration): boolean {
  return fingerprint(file.statements) !== fingerprint(row.statements);
}

/** Blind to whitespace and semicolons, where the CLI's splitter and ours may differ. */
function fingerprint(statements: readonly string[] | null): string {
  return (statements ?? []).join('').replace(/[\s;]+/g, '');
}
