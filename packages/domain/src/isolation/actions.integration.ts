import type { Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { describe, expect, test } from 'vitest';
import type { Action } from '../actions/define-action.ts';
import { executeAction } from '../actions/execute-action.ts';
import { actions } from '../actions/registry.ts';
import { DomainError } from '../errors/domain-error.ts';
import { isOfColleagues } from './of-colleagues.ts';
import { dependenciesOf, populate } from './populate.ts';
import { nobodysIds, sampleInput } from './sample-input.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = dependenciesOf(database);
const victim = await createTestOrganization(owner, 'victim');
const stranger = await createTestOrganization(owner, 'stranger');
const ids = await populate(owner, dependencies, victim);
await populate(owner, dependencies, stranger);

/** Everything of the victim's that a request could change; audit events of refusals apart. */
async function stateOfVictim(): Promise<string> {
  const { rows } = await owner.query<{ state: string }>(
    `select md5(string_agg(each, '' order by each)) as state from (
       select to_jsonb(t)::text as each from datasets t where tenant_id = $1 and owner_id = $2
       union all select to_jsonb(t)::text from dataset_shares t where dataset_id in (select id from datasets where tenant_id = $1 and owner_id = $2)
       union all select to_jsonb(t)::text from dataset_versions t where dataset_id in (select id from datasets where tenant_id = $1 and owner_id = $2)
       union all select to_jsonb(t)::text from dataset_loads t where dataset_id in (select id from datasets where tenant_id = $1 and owner_id = $2)
       union all select to_jsonb(t)::text from dataset_change_sets t where dataset_id in (select id from datasets where tenant_id = $1 and owner_id = $2)
       union all select to_jsonb(t)::text from dataset_row_changes t where dataset_id in (select id from datasets where tenant_id = $1 and owner_id = $2)
       union all select to_jsonb(t)::text from dataset_aliases t where dataset_id in (select id from datasets where tenant_id = $1 and owner_id = $2)
       union all select to_jsonb(t)::text from dataset_alias_moves t where dataset_id in (select id from datasets where tenant_id = $1 and owner_id = $2)
       union all select to_jsonb(t)::text from data."v_${ids.versionId.replaceAll('-', '')}_p1" t
       union all select to_jsonb(t)::text from blocks t where tenant_id = $1 and owner_id = $2
       union all select to_jsonb(t)::text from block_versions t where tenant_id = $1 and created_by = $2
       union all select to_jsonb(t)::text from block_aliases t where tenant_id = $1 and moved_by = $2
       union all select to_jsonb(t)::text from edges t where tenant_id = $1 and owner_id = $2
       union all select to_jsonb(t)::text from edge_versions t where tenant_id = $1 and created_by = $2
       union all select to_jsonb(t)::text from edge_aliases t where tenant_id = $1 and moved_by = $2
       union all select to_jsonb(t)::text from edge_bindings t where tenant_id = $1
       union all select to_jsonb(t)::text from edge_verifications t where tenant_id = $1 and requested_by = $2
       union all select to_jsonb(t)::text from pipelines t where tenant_id = $1 and owner_id = $2
       union all select to_jsonb(t)::text from pipeline_versions t where tenant_id = $1 and created_by = $2
       union all select to_jsonb(t)::text from pipeline_steps t where tenant_id = $1
       union all select to_jsonb(t)::text from pipeline_runs t where tenant_id = $1 and requested_by = $2
       union all select to_jsonb(t)::text from run_steps t where tenant_id = $1
       union all select to_jsonb(t)::text from dataset_version_lineage t where tenant_id = $1
       union all select to_jsonb(t)::text from dependencies t where tenant_id = $1 and created_by = $2
       union all select to_jsonb(t)::text from block_taxonomies t where tenant_id = $1
       union all select to_jsonb(t)::text from edge_taxonomies t where tenant_id = $1
       union all select to_jsonb(t)::text from todos t where tenant_id = $1 and owner_id = $2
       union all select to_jsonb(t)::text from uploads t where tenant_id = $1 and user_id = $2
       union all select to_jsonb(t)::text from api_keys t where tenant_id = $1 and user_id = $2
       union all select to_jsonb(t)::text from identity.sessions t where user_id = $2
       union all select to_jsonb(t)::text from memberships t where tenant_id = $1) every_row`,
    [victim.tenantId, victim.as.editor.userId],
  );
  return rows[0]!.state;
}

/** What the caller is told: an error's kind and words, or the output. */
const answer = (action: Action, identity: Member, input: unknown) =>
  executeAction(dependencies, action, identity, input).then(
    (output) => ({ output: JSON.stringify(output) }),
    (error: unknown) => {
      if (error instanceof DomainError)
        return { error: `${error.kind}: ${error.message}`, details: JSON.stringify(error.details) };
      throw error;
    },
  );

const secrets = [
  ...Object.entries(ids)
    .filter(([name]) => !['userId', 'roleId', 'organizationId', 'successorId'].includes(name))
    .map(([, id]) => id),
  'secret',
  'hidden',
];

const intruders = [
  ['an owner of another organization', stranger.as.owner, 'secret of the stranger'],
  ['a colleague without a share', victim.as.colleague, null],
  ['an administrator without a share', victim.as.admin, null],
] as const;

describe.each(intruders)('%s', (_, identity) => {
  const tried = identity.tenantId === victim.tenantId ? actions.filter((action) => !isOfColleagues(action)) : actions;
  test.each(tried.map((action) => [action.name, action] as const))('gets nothing by %s', async (_name, action) => {
    const before = await stateOfVictim();
    const real = await answer(action, identity, sampleInput(action, ids));
    const never = await answer(action, identity, sampleInput(action, nobodysIds()));
    expect(await stateOfVictim()).toBe(before);
    if ('error' in real || 'error' in never) expect(real).toEqual(never);
    if ('output' in real && action.kind === 'query' && action.access !== 'audit:read') {
      for (const secret of secrets) expect(real.output).not.toContain(secret);
    }
  });
});

test('the owner gets something by every action that takes an id: the attempts above could have succeeded', async () => {
  const taking = actions.filter(
    ({ realm, kind, input, access }) =>
      realm === 'organization' &&
      kind === 'query' &&
      access !== 'audit:read' &&
      Object.keys(input.shape).some((field) => field.endsWith('Id')),
  );
  expect(taking.length).toBeGreaterThan(5);
  for (const action of taking) {
    const who = /^(webhook|capture):/.test(action.access) ? victim.as.admin : victim.as.editor;
    expect(await answer(action, who, sampleInput(action, ids)), action.name).toHaveProperty('output');
  }
});

test.each([
  'datasets.changeRows',
  'datasets.setAlias',
  'datasets.restore',
  'blocks.update',
  'edges.rollBack',
  'dependencies.remove',
])('the owner changes something by %s, with the input that was tried above', async (name) => {
  const [action] = actions.filter((each) => each.name === name);
  const before = await stateOfVictim();
  expect(await answer(action!, victim.as.editor, sampleInput(action!, ids))).toHaveProperty('output');
  expect(await stateOfVictim()).not.toBe(before);
});

test('a key can do no more than its scopes, and nothing once it is revoked or expired', async () => {
  const asKey = { ...victim.as.editor, keyId: ids.keyId };
  const [create] = actions.filter(({ name }) => name === 'datasets.create');
  const [get] = actions.filter(({ name }) => name === 'datasets.get');
  expect(await answer(get!, asKey, { datasetId: ids.datasetId })).toHaveProperty('output');
  expect(await answer(create!, asKey, { name: 'no' })).toMatchObject({ error: expect.stringMatching(/^forbidden/) });
  await owner.query(`update api_keys set expires_at = now() where id = $1`, [ids.keyId]);
  expect(await answer(get!, asKey, { datasetId: ids.datasetId })).toMatchObject({
    error: expect.stringMatching(/^unauthenticated/),
  });
  await owner.query(`update api_keys set expires_at = null, revoked_at = now() where id = $1`, [ids.keyId]);
  expect(await answer(get!, asKey, { datasetId: ids.datasetId })).toMatchObject({
    error: expect.stringMatching(/^unauthenticated/),
  });
});

test('a refusal is recorded although its transaction rolled back', async () => {
  const [create] = actions.filter(({ name }) => name === 'datasets.create');
  await answer(create!, victim.as.viewer, { name: 'no' });
  const { rows } = await owner.query(
    `select outcome, actor_id from audit_events where tenant_id = $1 and action = 'datasets.create' and outcome = 'refused' and actor_id = $2`,
    [victim.tenantId, victim.as.viewer.userId],
  );
  expect(rows).toHaveLength(1);
});
