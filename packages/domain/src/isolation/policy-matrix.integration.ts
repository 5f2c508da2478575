import type { Identity } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { explainAccess } from '../access/explain-access.ts';
import { type Permission, permissions } from '../access/permissions.ts';
import type { Action } from '../actions/define-action.ts';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { createApiKey } from '../api-keys/create-api-key.ts';
import { DomainError, type ErrorKind } from '../errors/domain-error.ts';
import { dependenciesOf } from './populate.ts';
import { nobodysIds, sampleInput } from './sample-input.ts';

/**
 * Every action × every built-in role × own and foreign organization × key scope, from the registry and the rows of the
 * built-in roles, so that a new action or role is tried without anyone remembering. What is asked is whether somebody gets
 * past the door; what they may do to a thing behind it the other tests of this folder ask.
 */
const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const foreign = await createTestOrganization(owner, 'foreign');
const builtin = await owner.query<{ name: 'owner' | 'admin' | 'editor' | 'viewer' | 'auditor'; permissions: string[] }>(
  'select name, permissions from app.builtin_roles()',
);

/** One's own leaving comes last: nothing is allowed after it. */
const inOrder = [...actions].sort((a, b) => Number(a.name === 'members.leave') - Number(b.name === 'members.leave'));
let cells = 0;

/** How it ended: `past` the door when it worked, or failed of what stands behind. */
async function knock(action: Action, caller: Identity): Promise<'past' | ErrorKind> {
  cells += 1;
  try {
    await executeAction(dependencies, action, caller, sampleInput(action, nobodysIds()));
    return 'past';
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.kind === 'forbidden' && !error.message.startsWith('needs the permission')) return atTheDoor(error);
    return ['forbidden', 'unauthenticated', 'precondition'].includes(error.kind) ||
      error.message === 'no such organization'
      ? error.kind
      : 'past';
  }
}

/** Forbidden by what the caller is; any other refusal is of the thing itself. */
const atTheDoor = ({ message }: DomainError): 'past' | 'forbidden' =>
  /^(an API key cannot|this needs a session|only who runs)/.test(message) ? 'forbidden' : 'past';

async function keyOf(identity: Identity, scopes: readonly string[]): Promise<Identity> {
  const made = await executeAction(dependencies, createApiKey, identity, { name: 'matrix', scopes });
  return { ...identity, keyId: createApiKey.output.parse(made).key.id };
}

/** What access.explain says of it, asked by who manages the organization: it has to be what the action itself did. */
async function explains(asking: Identity, about: Identity, permission: Permission): Promise<'past' | 'forbidden'> {
  const { userId, keyId } = about;
  const explained = await executeAction(dependencies, explainAccess, asking, { permission, userId, keyId });
  return explainAccess.output.parse(explained).allowed ? 'past' : 'forbidden';
}

describe.each(builtin.rows)('$name', async ({ name, permissions: granted }) => {
  const { as } = await createTestOrganization(owner, name);
  const person = as[name];
  const all = await keyOf(person, granted);
  const keys = new Map<Permission, Identity>();
  for (const lacking of permissions.filter((permission) => granted.includes(permission) && granted.length > 1))
    keys.set(
      lacking,
      await keyOf(
        person,
        granted.filter((permission) => permission !== lacking),
      ),
    );

  for (const action of inOrder.filter(({ realm }) => realm === 'organization')) {
    const permission = permissions.find((each) => each === action.access) ?? expect.fail(action.access);
    const isAllowed = granted.includes(permission);
    test(`${isAllowed ? 'gets' : 'does not get'} to ${action.name}, elsewhere never`, async () => {
      expect(await knock(action, { ...person, tenantId: foreign.tenantId })).toBe('not_found');
      expect(await knock(action, { ...all, tenantId: foreign.tenantId })).toBe('unauthenticated');
      const without = keys.get(permission);
      if (without) {
        expect(await explains(as.owner, without, permission)).toBe('forbidden');
        expect(await knock(action, without), 'with a key that lacks the scope').toBe('forbidden');
      }
      if (action.name !== 'members.leave') {
        expect(await explains(as.owner, all, permission)).toBe(isAllowed ? 'past' : 'forbidden');
        expect(await knock(action, all), 'with a key of all scopes').toBe(isAllowed ? 'past' : 'forbidden');
      }
      expect(await explains(as.owner, person, permission)).toBe(isAllowed ? 'past' : 'forbidden');
      expect(await knock(action, person)).toBe(isAllowed ? 'past' : 'forbidden');
    });
  }
});

const visitor = {} as Identity; // nobody's request has no user
const doors: Readonly<Record<string, Readonly<Record<'visitor' | 'key' | 'person', 'past' | ErrorKind>>>> = {
  public: { visitor: 'past', key: 'past', person: 'past' },
  user: { visitor: 'unauthenticated', key: 'past', person: 'past' },
  person: { visitor: 'unauthenticated', key: 'forbidden', person: 'past' },
  session: { visitor: 'unauthenticated', key: 'forbidden', person: 'forbidden' },
  operator: { visitor: 'unauthenticated', key: 'forbidden', person: 'forbidden' },
};

describe('actions on credentials', async () => {
  const { as } = await createTestOrganization(owner, 'people');
  const key = await keyOf(as.editor, ['dataset:read']);
  for (const action of inOrder.filter(({ realm }) => realm === 'identity'))
    test(action.name, async () => {
      const door = doors[action.access] ?? expect.fail(`no door ${action.access}`);
      const isSigningIn = action.access === 'public';
      const answers = {
        visitor: isSigningIn ? await withoutWrongPassword(action, visitor) : await knock(action, visitor),
        key: isSigningIn ? await withoutWrongPassword(action, key) : await knock(action, key),
        person: isSigningIn ? await withoutWrongPassword(action, as.editor) : await knock(action, as.editor),
      };
      expect(answers).toEqual(door);
    });
});

/** A wrong password is refused in the words of a door, which it is not. */
async function withoutWrongPassword(action: Action, caller: Identity): Promise<'past' | ErrorKind> {
  const answer = await knock(action, caller);
  return answer === 'unauthenticated' || answer === 'forbidden' ? 'past' : answer;
}

afterAll(() => {
  process.stdout.write(`policy matrix: ${actions.length} actions, ${cells} cells tried\n`);
  expect(cells).toBeGreaterThan(1000);
});
