import type { IdentityDb } from '@granary/db';
import type { PrepareContext } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import type { EventDraft } from '../event-draft.ts';
import { accountKey, accountLimit } from '../sign-in-limits.ts';
import { checkOwnPassword } from './check-own-password.ts';

/**
 * Makes sure that it is really them, before something that cannot be undone: by their password here, or for somebody who has
 * none by that at Supabase. Throws DomainError forbidden for a wrong one, limit_reached after too many.
 */
export async function checkItIsThem(context: PrepareContext<'session'>, password: string): Promise<void> {
  const { caller, services, event, read } = context;
  const { supabase, throttle } = services;
  const { userId } = caller;
  const person = supabase && (await read((db) => findSupabasePerson(db, userId)));
  if (!person) {
    await checkOwnPassword(context, password);
    return;
  }
  await throttle.attempt(accountKey(userId), accountLimit);
  const { subject, accessToken } = await supabase.signIn({ email: person.email, password }).catch((error: unknown) => {
    if (error instanceof DomainError && error.kind === 'unauthenticated') throw wrong(event);
    throw error;
  });
  await supabase.logOut(accessToken);
  if (subject.id !== person.subject) throw wrong(event);
  await throttle.forgive(accountKey(userId), accountLimit);
}

function wrong(event: EventDraft): DomainError {
  event.refuse('wrong_password');
  return new DomainError('forbidden', 'the current password is wrong');
}

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
