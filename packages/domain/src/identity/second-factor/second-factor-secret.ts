import type { IdentityDb } from '@granary/db';
import type { MasterKeys } from '../../encryption/master-keys.ts';

const contextOf = (userId: string): string => `second factor|${userId}`;

export const sealSecret = (keys: MasterKeys, userId: string, secret: Buffer): Buffer =>
  keys.wrap(secret, contextOf(userId));

export interface SecondFactor {
  readonly secret: Buffer;
  readonly isConfirmed: boolean;
}

/** Somebody's second factor, confirmed or on the way; null without one. */
export async function findSecondFactor(db: IdentityDb, keys: MasterKeys, userId: string): Promise<SecondFactor | null> {
  const found = await db
    .selectFrom('identity.second_factors')
    .select(['secret', 'confirmed_at'])
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return found
    ? { secret: keys.unwrap(found.secret, contextOf(userId)), isConfirmed: found.confirmed_at !== null }
    : null;
}
