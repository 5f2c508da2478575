import type { DB, TenantDb } from '@granary/db';
import type { RawBuilder, Selectable } from 'kysely';
import { selectBlock } from './block-query.ts';
import { block } from './schema.ts';

/** What a command made of it. Read in a statement of its own: the command's does not see what the command wrote. */
export async function changedBlock(db: TenantDb, tenantId: string, command: RawBuilder<Selectable<DB['blocks']>>) {
  const { id } = await db.selectFrom(command.as('changed')).select('changed.id').executeTakeFirstOrThrow();
  const [row] = (await db.executeQuery(selectBlock(tenantId, id).compile())).rows;
  return block.parse(row);
}
