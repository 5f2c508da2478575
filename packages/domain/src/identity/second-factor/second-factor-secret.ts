import type { IdentityDb } from '@granary/db';
import { keyContext } from '../../encryption/key-context.ts';
import type { MasterKeys } from '../../encryption/master-keys.ts';

export const sealSecret = (keys: MasterKeys, userId: string, secret: Buffer): Buffer =>
  keys.wrap(secret, keyContext.secondFactor(userId));

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
    ? { secret: keys.unwrap(found.secret, keyContext.secondFactor(userId)), isConfirmed: found.confirmed_at !== null }
    : null;
}
