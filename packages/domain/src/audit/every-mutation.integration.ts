import { randomBytes, randomUUID } from 'node:crypto';
import type { Identity } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { describe, expect, test } from 'vitest';
import type { Action } from '../actions/define-action.ts';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { createBlock } from '../blocks/create-block.ts';
import { setAlias } from '../datasets/versions/set-alias.ts';
import { createEdge } from '../edges/create-edge.ts';
import { DomainError } from '../errors/domain-error.ts';
import { logIn } from '../identity/log-in.ts';
import { Passwords } from '../identity/passwords/passwords.ts';
import { uuidv7 } from '../ids/uuidv7.ts';
import { makeReportSecret } from '../images/make-report-secret.ts';
import { dependenciesOf, populate, type VictimIds } from '../isolation/populate.ts';
import { sampleInput } from '../isolation/sample-input.ts';
import { deleteOrganization } from '../organizations/delete-organization.ts';
import { createRole } from '../organizations/roles/create-role.ts';
import { cancelRun } from '../runs/cancel-run.ts';
import { createCategory } from '../taxonomy/create-category.ts';
import { completeTodo } from '../todos/complete-todo.ts';
import { signDelivery } from '../webhooks/webhook-secret.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);

const password = 'an auditor’s long password';
const passwordHash = await new Passwords().hash(password);
/** The flag as nobody has rolled it out, targeted or ended it. */
async function openRegistration(): Promise<void> {
  await owner.query(`delete from feature_flags where codename = 'FF_ENABLE_REGISTRATION'`);
  await owner.query(`insert into feature_flags (codename, is_active) values ('FF_ENABLE_REGISTRATION', true)`);
}

interface Scene {
  /** May everything: owns the organization and the things in it, runs the installation. */
  readonly caller: Identity & { readonly tenantId: string };
  readonly ids: VictimIds;
}

/** An organization for one attempt alone. */
async function makeScene(): Promise<Scene> {
  const organization = await createTestOrganization(owner, 'audited');
  const { tenantId, roleIds } = organization;
  const { userId } = organization.as.editor;
  await owner.query('insert into user_roles (tenant_id, user_id, role_id) values ($1, $2, $3)', [
    tenantId,
    userId,
    roleIds.owner,
  ]);
  await owner.query('insert into identity.operators (user_id) values ($1)', [userId]);
  await owner.query(
    `insert into identity.accounts (user_id, provider_id, account_id, password) values ($1, 'password', $2, $3)`,
    [userId, userId, passwordHash],
  );
  const ids = await populate(owner, dependencies, organization);
  const { rows } = await owner.query<{ id: string }>(
    `insert into identity.session_tokens (token_hash, session_id, tenant_id) values ($1, $2, $3) returning id`,
    [randomBytes(32), ids.sessionId, tenantId],
  );
  return { caller: { userId, tenantId, tokenId: rows[0]?.id ?? '' }, ids };
}

async function unpin(repositoryId: string) {
  await owner.query('delete from code_pins where repository_id = $1', [repositoryId]);
  return { version: 1 };
}

/** A report of an image, signed as its machine would. */
async function signedReport(caller: Scene['caller'], repositoryId: string) {
  const made = await executeAction(dependencies, makeReportSecret, caller, { repositoryId });
  const { secret } = makeReportSecret.output.parse(made);
  const body = JSON.stringify({
    commit: 'b'.repeat(40),
    tag: 'v2',
    registry: 'registry.example/app',
    status: 'pending',
  });
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const headers = signDelivery([key], { id: 'message', body, sentAt: new Date() });
  return { body, id: 'message', timestamp: headers['webhook-timestamp'], signature: headers['webhook-signature'] };
}

/** What a sample needs so that the action succeeds. */
const fitting: Readonly<Record<string, (scene: Scene) => Promise<Record<string, unknown>>>> = {
  'datasets.copyVersion': async ({ caller, ids }) => {
    await executeAction(dependencies, setAlias, caller, { datasetId: ids.datasetId, name: 'kept', version: 2 });
    return {};
  },
  'datasets.delete': async ({ caller }) => {
    for (const table of ['dataset_version_lineage', 'pipelines', 'edges', 'blocks'])
      await owner.query(`delete from ${table} where tenant_id = $1`, [caller.tenantId]);
    return {};
  },
  'datasets.removeAlias': async () => ({ name: 'secret' }),
  'members.setRoles': async ({ ids }) => ({ roleIds: [ids.roleId] }),
  'roles.update': async (scene) => ({ roleId: await makeRole(scene) }),
  'users.delete': async () => {
    const { rows } = await owner.query(
      `insert into users (email, name) values ('leaves@audited.test', 'x') returning id`,
    );
    return { userId: rows[0].id };
  },
  'uploads.abort': async ({ ids }) => ({ uploadId: ids.openUploadId }),
  'session.logIn': async ({ caller }) => ({ login: await emailOf(caller), password }),
  'users.register': async () => {
    await openRegistration(); // another mutation may have closed it
    return {};
  },
  'flags.target': async ({ caller }) => ({ userId: caller.userId, organizationId: undefined }),
  'blocks.addVersion': async () => ({ inputs: undefined, outputs: undefined, metadata: { changed: 1 } }),
  'blocks.create': async ({ ids }) => ({ datasetId: ids.datasetId, inputs: undefined, outputs: undefined }),
  'blocks.removeAlias': async () => ({ name: 'secret' }),
  'blocks.setAlias': async () => ({ name: 'production' }),
  'blocks.delete': async (scene) => ({ blockId: await makeModel(scene) }),
  'edges.setAlias': async () => ({ name: 'production' }),
  'edges.removeAlias': async () => ({ name: 'secret' }),
  'edges.delete': async (scene) => ({ edgeId: await makeEdge(scene) }),
  'edges.verify': async ({ ids }) => {
    await owner.query('delete from edge_verifications where id = $1', [ids.verificationId]);
    return { version: 1 };
  },
  'edges.decide': async ({ caller, ids }) => {
    const { rows } = await owner.query('select user_id from memberships where tenant_id = $1 and user_id <> $2', [
      caller.tenantId,
      caller.userId,
    ]);
    const made = { tenant: caller.tenantId, edge: ids.edgeId, by: rows[0].user_id, verification: uuidv7() };
    await owner.query(
      `with written as (insert into edge_versions
         select (jsonb_populate_record(v, jsonb_build_object('id', app.uuidv7(), 'number', 9, 'created_by', $3::uuid))).*
         from edge_versions v where v.tenant_id = $1 and v.edge_id = $2 and v.number = 1 returning id)
       insert into edge_verifications (tenant_id, id, edge_id, edge_version_id, requested_by, status, verified_by, verified_at)
         select $1, $4, $2, id, $3, 'passed', $3, now() from written`,
      [made.tenant, made.edge, made.by, made.verification],
    );
    return { verificationId: made.verification };
  },
  'repositories.pin': ({ ids }) => unpin(ids.repositoryId),
  'repositories.remove': ({ ids }) => unpin(ids.repositoryId),
  'images.report': ({ caller, ids }) => signedReport(caller, ids.repositoryId),
  'pipelines.create': async (scene) => ({ steps: await freeSteps(scene) }),
  'pipelines.addVersion': async (scene) => ({ steps: await freeSteps(scene) }),
  'pipelines.delete': async ({ caller, ids: { runId } }) => {
    await executeAction(dependencies, cancelRun, caller, { runId });
    return {};
  },
  'runs.resume': async ({ caller, ids: { runId } }) => {
    await executeAction(dependencies, cancelRun, caller, { runId });
    return {};
  },
  'blocks.update': async ({ caller }) => ({ ownerId: caller.userId }),
  'edges.update': async ({ caller }) => ({ ownerId: caller.userId }),
  'taxonomy.merge': async (scene) => ({ intoCategoryId: await makeCategory(scene) }),
  'taxonomy.delete': async (scene) => ({ toCategoryId: await makeCategory(scene) }),
  'todos.reopen': async ({ caller, ids }) => {
    await executeAction(dependencies, completeTodo, caller, { todoId: ids.todoId });
    return {};
  },
  'organization.delete': async () => ({ currentPassword: password }),
  'organizations.restore': async ({ caller }) => {
    await executeAction(dependencies, deleteOrganization, caller, { currentPassword: password });
    return { organizationId: caller.tenantId };
  },
  'users.changePassword': async () => ({ currentPassword: password }),
  'users.requestEmailChange': async () => ({ password, currentPassword: password }),
  'roles.delete': async (scene) => ({ roleId: await makeRole(scene) }),
};

async function makeEdge({ caller }: Scene): Promise<string> {
  const ports = [{ name: 'out', columns: [] }];
  const implementation = { kind: 'sql', sql: 'select 1' };
  const made = await executeAction(dependencies, createEdge, caller, {
    name: 'free',
    inputs: [],
    outputs: ports,
    implementation,
  });
  return createEdge.output.parse(made).id;
}

/** Of an edge without inputs, into the dataset of the sample. */
const freeSteps = async (scene: Scene) => [
  { name: 'free', edgeId: await makeEdge(scene), output: { datasetId: scene.ids.datasetId } },
];

async function makeModel({ caller }: Scene): Promise<string> {
  const made = await executeAction(dependencies, createBlock, caller, { name: 'model', blockType: 'model' });
  return createBlock.output.parse(made).id;
}

async function makeCategory({ caller }: Scene): Promise<string> {
  return createCategory.output.parse(await executeAction(dependencies, createCategory, caller, { name: 'other' })).id;
}

const emailOf = async ({ userId }: Identity): Promise<string> =>
  (await owner.query('select email from users where id = $1', [userId])).rows[0].email;

async function makeRole({ caller }: Scene): Promise<string> {
  const made = await executeAction(dependencies, createRole, caller, { name: 'helper', permissions: ['dataset:read'] });
  return createRole.output.parse(made).roleId;
}

/** Mutations that succeed only after a mail, a password or a job: the tests of each slice run them. */
const elsewhere: readonly string[] = [
  'datasets.revert',
  'datasets.declareIdentifiers',
  'datasets.deleteVersion',
  'intake.propose', // which is nobody's
  'invitations.answer',
  'invitations.register',
  'notifications.unsubscribe',
  'plans.endOverride',
  'session.logInWithSupabase',
  'users.linkSupabase',
  'users.activate',
  'users.resetPassword',
  'users.changeEmail',
  'users.deleteOwn',
  'secondFactor.confirm',
  'secondFactor.remove',
];

const mutations = actions.filter(({ kind }) => kind === 'mutation');

/** Runs it, and the events that its request left. */
async function attempt(action: Action, caller: Identity, input: unknown) {
  const requestId = randomUUID();
  const error = await executeAction(dependencies, action, { ...caller, requestId, address: '192.0.2.7' }, input).then(
    () => null,
    (reason: unknown) => {
      if (reason instanceof DomainError) return reason;
      throw reason;
    },
  );
  const { rows: events } = await owner.query(
    `select tenant_id, action, outcome, actor_kind, actor_id, key_id, address from audit_events where request_id = $1`,
    [requestId],
  );
  return { error, events };
}

describe('each mutation, run by somebody who may', () => {
  const here = mutations.filter(({ name }) => !elsewhere.includes(name));
  test.each(here.map((action) => [action.name, action] as const))('%s leaves its event', async (name, action) => {
    const scene = await makeScene();
    const input = { ...sampleInput(action, scene.ids), ...(await fitting[name]?.(scene)) };
    const { error, events } = await attempt(action, scene.caller, input);
    expect(error).toBeNull();
    expect(events).toEqual([
      {
        tenant_id: expect.any(String),
        action: name,
        outcome: 'done',
        actor_kind: 'user',
        actor_id: scene.caller.userId,
        key_id: null,
        address: '192.0.2.7',
      },
    ]);
  });
});

describe('each mutation, run by somebody who may not', async () => {
  const scene = await makeScene();
  const asKey = { ...scene.caller, tokenId: undefined, keyId: scene.ids.keyId };
  const { tokenId: _, ...key } = asKey;
  const refusing = mutations.filter(
    ({ access }) => !['public', 'user', 'dataset:read'].includes(access), // the key's scope; and what everybody may
  );
  test.each(refusing.map((action) => [action.name, action] as const))('%s leaves a refusal', async (name, action) => {
    const { error, events } = await attempt(action, key, sampleInput(action, scene.ids));
    expect(error?.kind).toBe('forbidden');
    expect(events).toEqual([
      {
        tenant_id: scene.caller.tenantId,
        action: name,
        outcome: 'refused',
        actor_kind: 'key',
        actor_id: scene.caller.userId,
        key_id: scene.ids.keyId,
        address: '192.0.2.7',
      },
    ]);
  });
});

test('who signs in is the actor, once they showed to be who they say; who did not is nobody', async () => {
  const { caller } = await makeScene();
  const visit = async (tried: string) => {
    const requestId = randomUUID();
    await executeAction(dependencies, logIn, { requestId }, { login: await emailOf(caller), password: tried }).catch(
      () => {},
    );
    const { rows: events } = await owner.query(
      'select verb, outcome, actor_kind, actor_id, entity_id from audit_events where request_id = $1',
      [requestId],
    );
    return events;
  };
  const event = { verb: 'LOG_IN', entity_id: caller.userId };
  expect(await visit('a wrong password')).toMatchObject([
    { ...event, outcome: 'refused', actor_kind: 'system', actor_id: null },
  ]);
  expect(await visit(password)).toMatchObject([
    { ...event, outcome: 'done', actor_kind: 'user', actor_id: caller.userId },
  ]);
});
