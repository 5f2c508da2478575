import { asUser, type Database, type Identity, type Member, type Visit } from '@granary/db';
import { recordDone, recordRefusal } from '../audit/record-event.ts';
import type { CatalogueMemory } from '../datasets/catalogue-memory.ts';
import { MasterKeys } from '../encryption/master-keys.ts';
import { DomainError } from '../errors/domain-error.ts';
import { parseInput } from '../errors/parse-input.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import { HeldSession } from '../identity/held-session.ts';
import type { IdentityServices } from '../identity/services.ts';
import { noteLimit } from '../notifications/note-limit.ts';
import type { SearchServices } from '../search/search-services.ts';
import type { Action, OrganizationAction } from './define-action.ts';
import { executeIdentityAction } from './execute-identity-action.ts';
import { executeQuery } from './execute-query.ts';

/** What every execution needs beside the caller: made once per process. */
export interface ActionDependencies {
  readonly database: Database;
  readonly catalogue: CatalogueMemory;
  /** Where people sign in; a process without it serves no action on credentials. */
  readonly identity?: IdentityServices;
  /** Without them, whatever needs encryption says that it is not set up. */
  readonly masterKeys?: MasterKeys;
  /** Without it, things are found by their words alone. */
  readonly search?: SearchServices | undefined;
  /** What webhooks may name although it is private. */
  readonly outboundAllow?: readonly string[];
}

/**
 * Runs an action for somebody: parses the input, opens the session with what the action needs, runs, parses the output
 * (inside the transaction, where a wrong one still rolls back) and appends the audit event. Throws DomainError; anything
 * else is a defect. A refusal is recorded in a transaction of its own.
 */
export async function executeAction(
  dependencies: ActionDependencies,
  action: Action,
  caller: Identity | Visit,
  rawInput: unknown,
  held: HeldSession = new HeldSession(),
): Promise<unknown> {
  try {
    const input = parseInput(action.input, rawInput ?? {}) as never;
    if (action.realm === 'organization')
      return await executeInOrganization(dependencies, action, requireMember(caller), input);
    if (!dependencies.identity) throw new DomainError('unavailable', 'people do not sign in at this process');
    return await executeIdentityAction(dependencies.identity, action, caller, input, held);
  } catch (error) {
    throw toDomainError(error);
  }
}

async function executeInOrganization(
  { database, catalogue, masterKeys = MasterKeys.none, outboundAllow = [], search }: ActionDependencies,
  action: OrganizationAction,
  identity: Member,
  input: never,
): Promise<unknown> {
  try {
    if (action.kind === 'query')
      return await executeQuery({ database, catalogue, masterKeys, search }, action, identity, input);
    return await asUser(database, identity, action.access, async (db) => {
      const output = action.output.parse(await action.run({ identity, db, masterKeys, outboundAllow }, input)) as never;
      if (action.audit.concerns?.(output) !== false) await recordDone(db, action, action.audit, input, output);
      return output;
    });
  } catch (error) {
    const mapped = toDomainError(error);
    if (mapped instanceof DomainError && mapped.kind === 'forbidden')
      await recordRefusal(database, action, identity, input);
    if (mapped instanceof DomainError && mapped.kind === 'limit_reached') await noteLimit(database, identity, mapped);
    throw mapped;
  }
}

/** Throws DomainError unauthenticated for nobody, precondition for somebody who belongs to no organization. */
export function requireMember(caller: Identity | Visit): Member {
  if (!('userId' in caller)) throw new DomainError('unauthenticated', 'not signed in');
  const { tenantId } = caller;
  if (tenantId === undefined)
    throw new DomainError('precondition', 'no organization is active: make one, or switch to one');
  return { ...caller, tenantId };
}
