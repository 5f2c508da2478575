import { asIdentity, type Identity, type IdentityDb, type Operator, turnTo, type Visit } from '@granary/db';
import { sql } from 'kysely';
import { redact } from '../audit/redact.ts';
import { verbOf } from '../audit/verb-of.ts';
import { DomainError } from '../errors/domain-error.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import { EventDraft } from '../identity/event-draft.ts';
import type { HeldSession } from '../identity/held-session.ts';
import type { IdentityServices } from '../identity/services.ts';
import { ThrottledError } from '../identity/throttle.ts';
import type { AnyIdentityAction, IdentityAccess } from './define-identity-action.ts';

type Caller = Identity | Visit | Operator;
type ExecutableAction = Omit<AnyIdentityAction, 'realm' | 'rest'> & Partial<Pick<AnyIdentityAction, 'rest'>>;

/** Runs an action on credentials. A refusal is recorded in a transaction of its own, since this one rolls back. */
export async function executeIdentityAction(
  services: IdentityServices,
  action: ExecutableAction,
  caller: Caller,
  input: never,
  held: HeldSession,
): Promise<unknown> {
  const event = new EventDraft();
  try {
    refuseCredential(action.access, caller);
    const read = <T>(work: (db: IdentityDb) => Promise<T>) => asIdentity(services.database, caller, work);
    const prepared = await action.prepare?.({ caller, services, event, read } as never, input);
    return await read(async (db) => {
      if (action.access === 'operator') await sql`select app.require_operator()`.execute(db);
      const context = { caller, db, services, held, event, prepared } as never;
      const output = action.output.parse(await action.run(context, input)) as never;
      if (action.kind === 'mutation') {
        const person = action.person?.(output, caller as never) ?? userOf(caller);
        await audit(db, caller, { action, outcome: 'done', person, event });
      }
      return output;
    });
  } catch (error) {
    const mapped = toDomainError(error);
    // of attempts that come too fast the first one is recorded: each of them would let a stranger fill the trail
    if (mapped instanceof ThrottledError && mapped.isFirst) event.refuse('throttled');
    const isRefusal = event.isRefused || (mapped instanceof DomainError && mapped.kind === 'forbidden');
    if (isRefusal) await recordRefusal(services, action, caller, event);
    throw mapped;
  }
}

async function recordRefusal(
  { database }: IdentityServices,
  action: ExecutableAction,
  caller: Caller,
  event: EventDraft,
): Promise<void> {
  const entry = { action, outcome: 'refused', person: userOf(caller), event } as const;
  await asIdentity(database, caller, (db) => audit(db, caller, entry)).catch((error: unknown) => {
    // a credential that died meanwhile acts for nobody any more; anything else must not be lost
    if (!(toDomainError(error) instanceof DomainError)) throw error;
  });
}

function refuseCredential(access: IdentityAccess, caller: Caller): void {
  // whether an operator is one is the database's to say
  if (access === 'public' || (access === 'operator' && 'operator' in caller)) return;
  if (!('userId' in caller)) throw new DomainError('unauthenticated', 'not signed in');
  if (access !== 'user' && caller.keyId !== undefined)
    throw new DomainError('forbidden', 'an API key cannot do this: sign in');
  if (access === 'session' && caller.tokenId === undefined)
    throw new DomainError('forbidden', 'this needs a session: sign in with a password');
}

const userOf = (caller: Caller): string | null => ('userId' in caller ? caller.userId : null);

interface Entry {
  readonly action: ExecutableAction;
  readonly outcome: 'done' | 'refused';
  /** Whom it was about, where the event does not say. */
  readonly person: string | null;
  readonly event: EventDraft;
}

async function audit(db: IdentityDb, caller: Caller, { action, outcome, person, event }: Entry): Promise<void> {
  if (event.keepsNobody) await turnTo(db, anonymous(caller), event.tenantId ?? null);
  else if (event.tenantId !== undefined) await turnTo(db, caller, event.tenantId);
  else if (await hasLeft(db, caller)) await turnTo(db, caller, null);
  const { type, id } = event.entity ?? { type: 'user', id: person };
  // who signs in is nobody yet, and at the end whoever they showed to be
  const actor = action.access === 'public' && outcome === 'done' && !event.keepsNobody ? person : null;
  await sql`select app.audit_person(${action.name}, ${outcome}, ${type}, ${id}::uuid,
    ${JSON.stringify(redact(event.details))}::jsonb, ${verbOf(action)}, ${actor}::uuid)`.execute(db);
}

const anonymous = ({ requestId }: Caller): Visit => ({ ...(requestId !== undefined && { requestId }) });

/** Whose session is still in an organization that they were removed from: its trail is not theirs to add to. */
async function hasLeft(db: IdentityDb, caller: Caller): Promise<boolean> {
  if (!('userId' in caller) || caller.tenantId === undefined) return false;
  const membership = await db
    .selectFrom('memberships')
    .select('user_id')
    .where('tenant_id', '=', caller.tenantId)
    .where('user_id', '=', caller.userId)
    .where('left_at', 'is', null)
    .executeTakeFirst();
  return membership === undefined;
}
