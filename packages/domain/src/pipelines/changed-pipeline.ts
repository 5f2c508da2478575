import type { DB, TenantDb } from '@granary/db';
import type { RawBuilder, Selectable } from 'kysely';
import { selectPipeline } from './pipeline-query.ts';
import { pipeline } from './schema.ts';

/** What a command made of it. Read in a statement of its own: the command's does not see what the command wrote. */
export async function changedPipeline(
  db: TenantDb,
  tenantId: string,
  command: RawBuilder<Selectable<DB['pipelines']>>,
) {
  const { id } = await db.selectFrom(command.as('changed')).select('changed.id').executeTakeFirstOrThrow();
  const [row] = (await db.executeQuery(selectPipeline(tenantId, id).compile())).rows;
  return pipeline.parse(row);
}
