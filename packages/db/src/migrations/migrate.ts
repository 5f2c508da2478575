import type pg from 'pg';
import { MigrationError } from './errors.ts';
import { assertSameHistory, createHistory, endsWith, readHistory, record } from './history.ts';
import { type Migration, readMigrations } from './read-migrations.ts';

const lockKey = 7263001; // any constant; runners that start together take turns

/**
 * Applies every pending `<version>_<name>.sql` of the folder, each in a transaction of its own, and returns the
 * versions that this call applied. Throws MigrationError, with nothing of the failing file left behind, when a file
 * fails, or when an applied file was edited, is missing, or a new one is out of order.
 */
export async function migrate(client: pg.ClientBase, directory: string): Promise<string[]> {
  const files = await readMigrations(directory);
  for (const file of files) refuseTransactionControl(file);
  const applied: string[] = [];
  for (;;) {
    const next = await applyNext(client, files, applied.at(-1));
    if (next === undefined) return applied;
    applied.push(next);
  }
}

/**
 * One file a transaction, with the lock inside it: a session's lock would not survive a transaction-mode pooler. `ours` is
 * the last version that this run applied: while it is still the newest, the history is as this run has seen it.
 */
async function applyNext(
  client: pg.ClientBase,
  files: readonly Migration[],
  ours: string | undefined,
  attempt = 1,
): Promise<string | undefined> {
  let file: Migration | undefined;
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
    let done = ours === undefined ? 0 : files.findIndex(({ version }) => version === ours) + 1;
    if (ours === undefined || !(await endsWith(client, ours, done))) {
      await createHistory(client);
      const history = await readHistory(client);
      assertSameHistory(files, history);
      done = history.length;
    }
    file = files[done];
    if (file) {
      // The file runs as ONE string: PostgreSQL splits it correctly, whatever our splitter makes of it.
      await client.query(file.sql);
      await client.query('reset role; reset all'); // what a file sets is not for the next one
      await record(client, file);
    }
    await client.query('commit');
    return file?.version;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    if (attempt < 10 && isCatalogueRace(error)) return applyNext(client, files, ours, attempt + 1);
    if (error instanceof MigrationError || !file) throw error;
    throw new MigrationError(`${file.version}_${file.name}.sql failed: ${describe(error)}`, { cause: error });
  }
}

/** Roles belong to the cluster, so another database's migrations may grant them at the same moment. */
export function isCatalogueRace(error: unknown): boolean {
  return error instanceof Error && /tuple concurrently (updated|deleted)|_(oid|member)_index"$/.test(error.message);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A commit inside a file would end our transaction and leave half a migration behind when the rest fails. */
function refuseTransactionControl({ version, name, statements }: Migration): void {
  const found = statements
    .map((statement) => statement.replace(/^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, ''))
    .find((statement) => /^(begin|start\s+transaction|commit|rollback|end|abort)\b/i.test(statement));
  if (found !== undefined) {
    throw new MigrationError(`${version}_${name}.sql contains "${found}": each file is one transaction already`);
  }
}
