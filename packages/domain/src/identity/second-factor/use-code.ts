import type { IdentityDb } from '@granary/db';
import { sql } from 'kysely';
import { DomainError } from '../../errors/domain-error.ts';
import type { EventDraft } from '../event-draft.ts';
import { hashRecoveryCode } from './recovery-codes.ts';
import type { SecondFactor } from './second-factor-secret.ts';
import { periodOf } from './totp.ts';

/** Uses up a code of the app, or a recovery code: each is good once. Throws DomainError unauthenticated for any other. */
export async function useCode(
  { db, event }: { readonly db: IdentityDb; readonly event: EventDraft },
  userId: string,
  { secret }: SecondFactor,
  code: string,
): Promise<void> {
  const period = periodOf(secret, code.replaceAll(/\s/g, ''));
  const isUsed = period === null ? await useRecoveryCode(db, userId, code) : await usePeriod(db, userId, period);
  if (isUsed) return;
  event.refuse('wrong_code');
  throw new DomainError('unauthenticated', 'the code is wrong, or was used', { reason: 'second_factor' });
}

/** Whether this period's code was not used yet, nor that of a later one. */
async function usePeriod(db: IdentityDb, userId: string, period: number): Promise<boolean> {
  const used = await db
    .updateTable('identity.second_factors')
    .set({ last_period: period })
    .where('user_id', '=', userId)
    .where('last_period', '<', period)
    .returning('user_id')
    .executeTakeFirst();
  return used !== undefined;
}

async function useRecoveryCode(db: IdentityDb, userId: string, code: string): Promise<boolean> {
  const used = await db
    .updateTable('identity.recovery_codes')
    .set({ used_at: sql`now()` })
    .where('user_id', '=', userId)
    .where('code_hash', '=', hashRecoveryCode(code))
    .where('used_at', 'is', null)
    .returning('user_id')
    .executeTakeFirst();
  return used !== undefined;
}
