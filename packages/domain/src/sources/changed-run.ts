import type { DB } from '@granary/db';
import type { RawBuilder, Selectable, Transaction } from 'kysely';
import { parseRun } from './parse-run.ts';
import type { SourceRun } from './schema.ts';
import { runColumns } from './source-query.ts';

/** The run that a command made or ended, from its answer. */
export async function changedRun(
  db: Transaction<DB>,
  command: RawBuilder<Selectable<DB['source_runs']>>,
): Promise<SourceRun> {
  return parseRun(await db.selectFrom(command.as('changed')).select(runColumns).executeTakeFirstOrThrow());
}
