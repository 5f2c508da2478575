import type { DB, TenantDb } from '@granary/db';
import type { RawBuilder, Selectable } from 'kysely';
import { selectRun } from './run-query.ts';
import { run } from './schema.ts';

/** What a command made of it. Read in a statement of its own: the command's does not see what the command wrote. */
export async function changedRun(db: TenantDb, tenantId: string, command: RawBuilder<Selectable<DB['pipeline_runs']>>) {
  const { id } = await db.selectFrom(command.as('changed')).select('changed.id').executeTakeFirstOrThrow();
  const [row] = (await db.executeQuery(selectRun(tenantId, id).compile())).rows;
  return run.parse(row);
}
