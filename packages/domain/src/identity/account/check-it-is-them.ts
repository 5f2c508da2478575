import type { IdentityDb } from '@granary/db';
import { DomainError } from '../../errors/domain-error.ts';
import type { IdentityServices } from '../services.ts';
import { accountKey, accountLimit } from '../sign-in-limits.ts';
import { checkOwnPassword } from './check-own-password.ts';

type Read = <T>(work: (db: IdentityDb) => Promise<T>) => Promise<T>;

/**
 * Makes sure that it is really them, before something that cannot be undone: by their password here, or for somebody who has
 * none by that at Supabase. Throws DomainError forbidden for a wrong one, limit_reached after too many.
 */
export async function checkItIsThem(
  services: IdentityServices,
  read: Read,
  userId: string,
  password: string,
): Promise<void> {
  const { supabase, throttle } = services;
  const person = supabase && (await read((db) => findSupabasePerson(db, userId)));
  if (!person) {
    await checkOwnPassword(services, read, userId, password);
    return;
  }
  await throttle.attempt(accountKey(userId), accountLimit);
  const { subject, accessToken } = await supabase.signIn({ email: person.email, password }).catch((error: unknown) => {
    if (error instanceof DomainError && error.kind === 'unauthenticated') throw wrong();
    throw error;
  });
  await supabase.logOut(accessToken);
  if (subject.id !== person.subject) throw wrong();
  await throttle.forgive(accountKey(userId), accountLimit);
}

const wrong = (): DomainError => new DomainError('forbidden', 'the current password is wrong');

/** Somebody whose only way in is Supabase. */
const findSupabasePerson = (db: IdentityDb, userId: string) =>
  db
    .selectFrom('identity.accounts as a')
    .innerJoin('users as u', 'u.id', 'a.user_id')
    .select(['a.account_id as subject', 'u.email'])
    .where('a.user_id', '=', userId)
    .where('a.provider_id', '=', 'supabase')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('identity.accounts as own')
            .select('own.id')
            .where('own.user_id', '=', userId)
            .where('own.provider_id', '=', 'password'),
        ),
      ),
    )
    .executeTakeFirst();
