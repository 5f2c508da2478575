import type { IdentityDb } from '@granary/db';
import type { PrepareContext } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { accountKey, accountLimit } from '../sign-in-limits.ts';

/**
 * Makes sure that it is really them, before something that a stolen session must not do; their address. Throws DomainError
 * forbidden for a wrong password, limit_reached after too many.
 */
export async function checkOwnPassword(
  { caller: { userId }, services, event, read }: PrepareContext<'session'>,
  password: string,
): Promise<string> {
  const account = await read((db) => findAccount(db, userId));
  await services.throttle.attempt(accountKey(userId), accountLimit);
  const isRight = await services.passwords.verify(account?.password ?? null, password);
  if (!account || !isRight) {
    event.refuse('wrong_password');
    throw new DomainError('forbidden', 'the current password is wrong');
  }
  await services.throttle.forgive(accountKey(userId), accountLimit);
  return account.email;
}

const findAccount = (db: IdentityDb, userId: string) =>
  db
    .selectFrom('identity.accounts as a')
    .innerJoin('users as u', 'u.id', 'a.user_id')
    .select(['a.password', 'u.email'])
    .where('a.user_id', '=', userId)
    .where('a.provider_id', '=', 'password')
    .executeTakeFirst();
