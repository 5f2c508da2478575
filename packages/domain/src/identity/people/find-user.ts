import type { IdentityDb } from '@granary/db';
import type { z } from 'zod';
import { DomainError } from '../../errors/domain-error.ts';
import { type user, userColumns } from './schema.ts';

/** Throws DomainError not_found. */
export async function findUser(db: IdentityDb, userId: string): Promise<z.input<typeof user>> {
  const found = await db.selectFrom('users').select(userColumns).where('id', '=', userId).executeTakeFirst();
  if (!found) throw new DomainError('not_found', 'no such person');
  return found;
}
