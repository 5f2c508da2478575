import type { DB, TenantDb } from '@granary/db';
import type { RawBuilder, Selectable } from 'kysely';
import { todo } from './schema.ts';
import { todoColumns } from './todo-query.ts';

/**
 * What a command made of a to-do, from its answer: who gave their to-do to somebody else may not be able to read it any more.
 */
export async function changedTodo(db: TenantDb, command: RawBuilder<Selectable<DB['todos']>>) {
  return todo.parse(await db.selectFrom(command.as('changed')).select(todoColumns).executeTakeFirstOrThrow());
}
