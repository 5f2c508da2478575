import type { DB, TenantDb } from '@granary/db';
import type { RawBuilder, Selectable } from 'kysely';
import { selectEdge } from './edge-query.ts';
import { edge } from './schema.ts';

/** What a command made of it. Read in a statement of its own: the command's does not see what the command wrote. */
export async function changedEdge(db: TenantDb, tenantId: string, command: RawBuilder<Selectable<DB['edges']>>) {
  const { id } = await db.selectFrom(command.as('changed')).select('changed.id').executeTakeFirstOrThrow();
  const [row] = (await db.executeQuery(selectEdge(tenantId, id).compile())).rows;
  return edge.parse(row);
}
