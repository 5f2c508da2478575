import { createTestDatabase } from '@granary/db/testing';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { createPipelineScene } from '../testing/pipeline-scene.ts';
import { launchRun } from './launch-run.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');

const logins = ['supabase_admin', 'postgres', 'granary_api', 'granary_identity', 'granary_worker'] as const;
type TestUser = (typeof logins)[number];

/** Who may be tried as: a login, what it then becomes, and how it would get round a trigger. */
const roles: readonly (readonly [who: string, login: TestUser, become: string | null])[] = [
  ...logins.map((user) => [user, user, null] as const),
  ['a superuser whose triggers are off', 'supabase_admin', `set session_replication_role = 'replica'`],
  ['granary_member', 'granary_api', 'set role granary_member'],
  ['authenticated', 'supabase_admin', 'set role authenticated'],
  ['anon', 'supabase_admin', 'set role anon'],
  ['service_role', 'supabase_admin', 'set role service_role'],
];
const mayWrite = ['supabase_admin', 'postgres', 'a superuser whose triggers are off'];

async function scene(name: string) {
  const made = await createPipelineScene(database, name);
  const good = await made.verified(await made.edge('good'));
  const bad = await made.edge('bad');
  const versionOf = async (edgeId: string) =>
    (await owner.query('select id from edge_versions where edge_id = $1', [edgeId])).rows[0].id;
  const pipeline = await made.pipeline('good', good);
  const unverified = await made.pipeline('bad', bad);
  const run = await made.call(launchRun, { pipelineId: pipeline.id });
  const claims = JSON.stringify({ sub: made.as.editor.userId, tenant_id: made.tenantId });
  return {
    ...made,
    good,
    bad,
    versions: { good: await versionOf(good), bad: await versionOf(bad) },
    unverified,
    run,
    claims,
  };
}
type Scene = Awaited<ReturnType<typeof scene>>;

const insertStep = `insert into public.run_steps (tenant_id, pipeline_id, run_id, name, position, edge_id, edge_version_id, target_dataset_id, seconds)
  select s.tenant_id, s.pipeline_id, s.run_id, 'added', 9, v.edge_id, v.id, s.target_dataset_id, 1
  from public.run_steps s, public.edge_versions v where s.run_id = $1 and v.id = $2`;
const updateStep = `update public.run_steps set edge_id = v.edge_id, edge_version_id = v.id from public.edge_versions v where run_id = $1 and v.id = $2`;

/** In a transaction that is rolled back; the SQLSTATE, or null where nothing was refused. */
async function attempt(login: TestUser, become: string | null, { claims }: Scene, sql: string, values: unknown[]) {
  const client: pg.PoolClient = await database.pool(login, { poolSize: 1 }).connect();
  try {
    if (become) await client.query(become);
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [claims]);
    await client.query(sql, values);
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  } finally {
    await client.query('rollback');
    client.release(true);
  }
}

test.each(roles)('%s does not have an edge run that was not verified', async (who, login, become) => {
  const made = await scene(who);
  const { run, versions, unverified } = made;
  const privileged = mayWrite.includes(who);
  for (const sql of [insertStep, updateStep]) {
    const refused = await attempt(login, become, made, sql, [run.id, versions.bad]);
    expect(refused, sql).toBe(privileged ? 'GR412' : '42501');
    // the refusal is of the edge, and of nothing else
    if (privileged) expect(await attempt(login, become, made, sql, [run.id, versions.good]), sql).toBeNull();
  }
  const launch = `select app.launch_run($1, 'by hand', '{}', 'manual')`;
  const refused = await attempt(login, become, made, launch, [unverified.id]);
  expect(refused).toBe(privileged || who === 'granary_member' ? 'GR412' : '42501');
});

test('what was verified when it was launched, and is not any more, neither begins nor is published', async () => {
  const begin = `select app.begin_step($1, 'copy')`;
  const settle = `select app.settle_step($1, 'copy', 1, 0, '[]')`;
  const tried = async (made: Scene) => {
    const begun = await attempt('granary_api', 'set role granary_member', made, begin, [made.run.id]);
    await owner.query(`update run_steps set state = 'running', attempt = 1, started_at = now() where run_id = $1`, [
      made.run.id,
    ]);
    return [begun, await attempt('granary_worker', null, made, settle, [made.run.id])];
  };
  expect(await tried(await scene('as it was'))).toEqual([null, null]);
  for (const change of [
    `insert into edge_verifications (tenant_id, edge_id, edge_version_id, requested_by, status, verified_by, verified_at)
     select tenant_id, edge_id, id, created_by, 'failed', created_by, now() from edge_versions where edge_id = $1`,
    `update edge_versions set is_active = false where edge_id = $1`,
  ]) {
    const changed = await scene(`changed ${change.length}`);
    await owner.query(change, [changed.good]);
    expect(await tried(changed), change).toEqual(['GR412', 'GR412']);
  }
});
