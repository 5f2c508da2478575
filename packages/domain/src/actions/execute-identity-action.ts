import { asIdentity, type Identity, type IdentityDb, type Visit } from '@granary/db';
import { sql } from 'kysely';
import { verbOf } from '../audit/verb-of.ts';
import { DomainError } from '../errors/domain-error.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import type { HeldSession } from '../identity/held-session.ts';
import type { IdentityServices } from '../identity/services.ts';
import type { AnyIdentityAction, IdentityAccess } from './define-identity-action.ts';

/** Runs an action on credentials. A refusal is recorded in a transaction of its own, since this one rolls back. */
export async function executeIdentityAction(
  services: IdentityServices,
  action: AnyIdentityAction,
  caller: Identity | Visit,
  input: never,
  held: HeldSession,
): Promise<unknown> {
  try {
    refuseCredential(action.access, caller);
    const read = <T>(work: (db: IdentityDb) => Promise<T>) => asIdentity(services.database, caller, work);
    const prepared = await action.prepare?.({ caller, services, read } as never, input);
    return await read(async (db) => {
      if (action.access === 'operator') await requireOperator(db, caller);
      const context = { caller, db, services, held, prepared } as never;
      const output = action.output.parse(await action.run(context, input)) as never;
      if (action.kind === 'mutation')
        await audit(db, action, 'done', action.person?.(output, caller as never) ?? userOf(caller));
      return output;
    });
  } catch (error) {
    const mapped = toDomainError(error);
    if (mapped instanceof DomainError && isRefusal(mapped, action)) await recordRefusal(services, action, caller);
    throw mapped;
  }
}

async function recordRefusal(
  { database }: IdentityServices,
  action: AnyIdentityAction,
  caller: Identity | Visit,
): Promise<void> {
  await asIdentity(database, caller, (db) => audit(db, action, 'refused', userOf(caller))).catch((error: unknown) => {
    // a credential that died meanwhile acts for nobody any more; anything else must not be lost
    if (!(toDomainError(error) instanceof DomainError)) throw error;
  });
}

function refuseCredential(access: IdentityAccess, caller: Identity | Visit): void {
  if (access === 'public') return;
  if (!('userId' in caller)) throw new DomainError('unauthenticated', 'not signed in');
  if (access !== 'user' && caller.keyId !== undefined)
    throw new DomainError('forbidden', 'an API key cannot do this: sign in');
  if (access === 'session' && caller.tokenId === undefined)
    throw new DomainError('forbidden', 'this needs a session: sign in with a password');
}

async function requireOperator(db: IdentityDb, caller: Identity | Visit): Promise<void> {
  const found = await db
    .selectFrom('identity.operators')
    .select('user_id')
    .where('user_id', '=', userOf(caller))
    .executeTakeFirst();
  if (!found) throw new DomainError('forbidden', 'only who runs the installation may do this');
}

/** A wrong password is a refusal as well; a session that has merely ended is not. */
const isRefusal = ({ kind }: DomainError, { access }: AnyIdentityAction): boolean =>
  kind === 'forbidden' || (kind === 'unauthenticated' && access === 'public');

const userOf = (caller: Identity | Visit): string | null => ('userId' in caller ? caller.userId : null);

async function audit(
  db: IdentityDb,
  action: AnyIdentityAction,
  outcome: 'done' | 'refused',
  person: string | null,
): Promise<void> {
  const { name, access } = action;
  // who signs in is nobody yet, and at the end whoever they showed to be
  const record =
    access === 'public' && outcome === 'done'
      ? sql`app.audit_person(${name}, ${outcome}, ${person}::uuid`
      : sql`app.audit(${name}, ${outcome}, 'user', ${person}::uuid, '{}'`;
  await sql`select ${record}, ${verbOf(action)})`.execute(db);
}
