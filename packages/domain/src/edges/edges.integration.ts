import { claimsOf, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { describe, expect, test } from 'vitest';
import { createBlock } from '../blocks/create-block.ts';
import { deleteBlock } from '../blocks/delete-block.ts';
import { shareDataset } from '../datasets/share-dataset.ts';
import { DomainError } from '../errors/domain-error.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { createDatasetCaller } from '../testing/dataset-caller.ts';
import { addEdgeVersion } from './add-edge-version.ts';
import { configureEdges } from './configure-edges.ts';
import { createEdge } from './create-edge.ts';
import { decideVerification } from './decide-verification.ts';
import { deleteEdge } from './delete-edge.ts';
import { getEdge } from './get-edge.ts';
import { getEdgeSettings } from './get-edge-settings.ts';
import { listEdgeAliases } from './list-edge-aliases.ts';
import { listEdgeVersions } from './list-edge-versions.ts';
import { listEdges } from './list-edges.ts';
import { listVerifications } from './list-verifications.ts';
import { removeEdgeAlias } from './remove-edge-alias.ts';
import { rollBackEdge } from './roll-back-edge.ts';
import { setEdgeAlias } from './set-edge-alias.ts';
import { setEdgeVersionActive } from './set-edge-version-active.ts';
import { updateEdge } from './update-edge.ts';
import { verifyEdge } from './verify-edge.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const worker = database.pool('granary_worker');
const dependencies = dependenciesOf(database);
// as the table of a run's steps will be
await owner.query('create table public.test_steps (edge_version_id uuid)');
await owner.query(`create trigger verified_edges_only before insert or update of edge_version_id on public.test_steps
  for each row execute function app.verified_edges_only()`);
await owner.query('grant usage on schema public to anon, granary_api, granary_identity');
await owner.query('alter table public.test_steps enable always trigger verified_edges_only');
await owner.query(
  'grant select, insert, update on public.test_steps to granary_member, authenticated, granary_worker, granary_api, granary_identity, anon',
);

async function catalogue(name: string) {
  const { as, tenantId } = await createTestOrganization(owner, name);
  const caller = createDatasetCaller(dependencies, owner, as.editor);
  const { datasetId } = await caller.newDataset('people', {
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'born', type: 'date' },
    ],
    rows: [['1', '1990-01-01']],
  });
  const { id: blockId } = await caller.call(createBlock, { name: 'people', blockType: 'dataset', datasetId });
  const versionIdOf = async (edgeId: string, version = 1) =>
    (await caller.call(listEdgeVersions, { edgeId })).find((each) => each.version === version)?.id ?? '';
  return { as, tenantId, datasetId, blockId, versionIdOf, ...caller };
}

const column = (name: string, type: 'bigint' | 'date' | 'numeric' | 'text', nullable = true) => ({
  name,
  type,
  nullable,
});
const select = (sql: string) => ({ kind: 'sql', sql }) as const;
const adults = {
  inputs: [{ name: 'people', columns: [column('id', 'bigint'), column('born', 'date')] }],
  outputs: [{ name: 'adults', columns: [column('id', 'bigint')] }],
  implementation: select('select id from people'),
};
const joined = (blockId: string) => [{ direction: 'input', port: 'people', blockId, blockPort: 'rows' }] as const;

/** How the worker ends a verification. */
const finish = async (id: string, status: 'passed' | 'failed') =>
  (await worker.query('select app.finish_verification($1, $2, $3, $4) as ended', [id, status, 'log', '{}'])).rows[0]
    .ended;

describe('an edge', () => {
  test('is catalogued, gets versions, is rolled back, named, withdrawn and deleted', async () => {
    const { call, blockId } = await catalogue('whole life');
    const made = await call(createEdge, { name: 'adults', ...adults, bindings: [...joined(blockId)] });
    expect(made).toMatchObject({ version: 1, revision: 1 });
    const edgeId = made.id;
    expect(await call(getEdge, { edgeId })).toMatchObject({
      current: { ...adults, bindings: joined(blockId), isActive: true },
      verification: null,
    });
    const second = await call(addEdgeVersion, {
      edgeId,
      revision: 1,
      implementation: select('select id from people where true'),
    });
    expect(second).toMatchObject({ version: 2, revision: 2 });
    expect((await call(getEdge, { edgeId })).current.bindings).toEqual(joined(blockId));
    await expect(
      call(addEdgeVersion, { edgeId, revision: 1, implementation: select('select 1') }),
    ).rejects.toMatchObject({
      kind: 'conflict',
      details: { revision: 2 },
    });
    await call(rollBackEdge, { edgeId, revision: 2, version: 1 });
    await call(setEdgeAlias, { edgeId, revision: 3, name: 'production', version: 2 });
    await expect(call(setEdgeVersionActive, { edgeId, revision: 4, version: 2, active: false })).rejects.toMatchObject({
      kind: 'precondition',
    });
    await expect(call(deleteEdge, { edgeId, revision: 4 })).rejects.toMatchObject({ kind: 'precondition' });
    await call(removeEdgeAlias, { edgeId, revision: 4, name: 'production' });
    expect((await call(listEdgeAliases, { edgeId })).history).toHaveLength(2);
    expect(await call(updateEdge, { edgeId, revision: 5, description: 'of age' })).toMatchObject({
      description: 'of age',
    });
    // no version, current or not, lets go of the block
    await expect(call(deleteBlock, { blockId, revision: 1 })).rejects.toMatchObject({
      details: { referredToBy: { edges: 1 } },
    });
    expect((await call(listEdges, { blockId })).items).toHaveLength(1);
    await call(deleteEdge, { edgeId, revision: 6 });
    await call(deleteBlock, { blockId, revision: 1 });
  });

  test('of a container or of Dagster says what it is, and nothing else', async () => {
    const { call } = await catalogue('kinds');
    const { inputs, outputs } = adults;
    const image = { kind: 'container' as const, image: 'registry.example/clean:v1', command: ['run', '--all'] };
    const { id: edgeId } = await call(createEdge, { name: 'image', inputs, outputs, implementation: image });
    expect((await call(getEdge, { edgeId })).current.implementation).toEqual(image);
    const op = { kind: 'dagster', dagsterOp: 'etl:main:clean' } as const;
    await call(addEdgeVersion, { edgeId, revision: 1, implementation: op });
    expect((await call(getEdge, { edgeId })).current.implementation).toEqual(op);
    for (const implementation of [
      { kind: 'container', image: 'NO SUCH' },
      { kind: 'dagster', dagsterOp: 'x' },
      { kind: 'sql', sql: '' },
      { kind: 'shell', command: ['rm'] },
    ])
      await expect(
        call(createEdge, { name: 'x', inputs, outputs, implementation: implementation as never }),
      ).rejects.toMatchObject({ kind: 'invalid' });
    await expect(call(createEdge, { ...adults, name: 'x', outputs: [] })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(
      call(createEdge, { ...adults, name: 'x', outputs: [...outputs, { name: 'two', columns: [] }] }),
    ).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('is joined only to ports that are there and fit; the error says what does not', async () => {
    const { call, blockId } = await catalogue('fits');
    const wanted = [
      column('id', 'numeric'),
      column('name', 'text'),
      column('born', 'text'),
      column('id2', 'bigint', false),
    ];
    const inputs = [{ name: 'people', columns: wanted }];
    await expect(
      call(createEdge, { ...adults, name: 'x', inputs, bindings: [...joined(blockId)] }),
    ).rejects.toMatchObject({
      kind: 'invalid',
      details: {
        binding: joined(blockId)[0],
        misfits: [
          { column: 'name', reason: 'missing', target: 'text' },
          { column: 'born', reason: 'type', source: 'date', target: 'text' },
          { column: 'id2', reason: 'missing', target: 'bigint' },
        ],
      },
    });
    for (const wrong of [{ port: 'nobody' }, { blockPort: 'nothing' }])
      await expect(
        call(createEdge, { ...adults, name: 'x', bindings: [{ ...joined(blockId)[0], ...wrong }] }),
      ).rejects.toMatchObject({
        kind: 'invalid',
        message: expect.stringMatching(/has no (input|output)/),
      });
    const scores = { name: 'scores', columns: [column('id', 'bigint'), column('score', 'numeric', false)] };
    const model = await call(createBlock, { name: 'model', blockType: 'model', inputs: [scores] });
    const into = { direction: 'output', port: 'adults', blockId: model.id, blockPort: 'scores' } as const;
    await expect(call(createEdge, { ...adults, name: 'x', bindings: [into] })).rejects.toMatchObject({
      details: { misfits: [{ column: 'score' }] },
    });
    await call(createEdge, { ...adults, name: 'x', outputs: [{ ...scores, name: 'adults' }], bindings: [into] });
    await expect(
      call(createEdge, { ...adults, name: 'y', bindings: [...joined(blockId), ...joined(model.id)] }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('two blocks'),
    });
    await expect(
      call(createEdge, { ...adults, name: 'y', bindings: [...joined(crypto.randomUUID())] }),
    ).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('is seen by who may read all datasets that it touches, and cannot be taken out of its owner’s sight', async () => {
    const { as, call, blockId, datasetId } = await catalogue('privacy');
    const { id: edgeId } = await call(createEdge, { name: 'private', ...adults, bindings: [...joined(blockId)] });
    await expect(call(getEdge, { edgeId }, as.colleague)).rejects.toMatchObject({ kind: 'not_found' });
    expect((await call(listEdges, {}, as.admin)).items).toEqual([]);
    await expect(call(updateEdge, { edgeId, revision: 1, name: 'x' }, as.colleague)).rejects.toMatchObject({
      kind: 'not_found',
    });
    await expect(
      call(createEdge, { name: 'peep', ...adults, bindings: [...joined(blockId)] }, as.colleague),
    ).rejects.toMatchObject({ kind: 'not_found' });

    const free = await call(createEdge, { name: 'free', ...adults }, as.colleague);
    await expect(
      call(addEdgeVersion, { edgeId: free.id, revision: 1, bindings: [...joined(blockId)] }),
    ).rejects.toMatchObject({ kind: 'precondition' });
    await call(shareDataset, { datasetId, userId: as.colleague.userId });
    await call(addEdgeVersion, { edgeId: free.id, revision: 1, bindings: [...joined(blockId)] });
    expect(await call(getEdge, { edgeId: free.id }, as.colleague)).toMatchObject({ version: 2 });
    await expect(call(getEdge, { edgeId: free.id }, as.admin)).rejects.toMatchObject({ kind: 'not_found' });
    const { as: strangers } = await catalogue('strangers');
    await expect(call(getEdge, { edgeId }, strangers.owner)).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('fifty versions at once are 2 to 51', async () => {
    const { call } = await catalogue('fifty');
    const { id: edgeId } = await call(createEdge, { name: 'busy', ...adults });
    await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        insist(() => call(addEdgeVersion, { edgeId, revision: null, implementation: select(`select ${at}`) })),
      ),
    );
    const versions = await call(listEdgeVersions, { edgeId, limit: 100 });
    expect(versions.map(({ version }) => version).reverse()).toEqual(Array.from({ length: 51 }, (_, at) => at + 1));
  });
});

describe('what was not verified does not run', () => {
  const roles = [
    'postgres',
    'granary_member',
    'authenticated',
    'granary_worker',
    'granary_api',
    'granary_identity',
    'anon',
  ] as const;

  /** Whether a step with this version can be written, by whom. */
  async function step(role: (typeof roles)[number], version: string): Promise<'runs' | string> {
    const isLogin = role === 'postgres' || role === 'granary_api' || role === 'granary_identity';
    const client = await (isLogin ? database.pool(role) : owner).connect();
    try {
      await client.query('begin');
      if (!isLogin) await client.query(`set local role ${role}`);
      await client.query('insert into public.test_steps values (null)');
      await client.query('update public.test_steps set edge_version_id = $1', [version]);
      return 'runs';
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      return `${error.code}: ${error.message}`;
    } finally {
      await client.query('rollback');
      client.release();
    }
  }
  const everybody = async (version: string) => [
    ...new Set(await Promise.all(roles.map((role) => step(role, version)))),
  ];

  test('whatever role asks: not before it passed, nor after it failed again, nor once withdrawn', async () => {
    const { as, call, blockId, versionIdOf } = await catalogue('gate');
    const { id: edgeId } = await call(createEdge, { name: 'gate', ...adults, bindings: [...joined(blockId)] });
    const first = await versionIdOf(edgeId);
    expect(await everybody(first)).toEqual(['GR412: version 1 of the edge was not verified']);
    expect(await everybody(crypto.randomUUID())).toEqual(['GR412: there is no such version of an edge']);
    const asked = await call(verifyEdge, { edgeId, version: 1 });
    expect(asked).toMatchObject({
      status: 'pending',
      inputs: { people: { sampleRows: 1000 } },
      limits: { seconds: 60 },
    });
    expect(await everybody(first)).toEqual(['GR412: version 1 of the edge was not verified']);
    await expect(call(verifyEdge, { edgeId, version: 1 })).rejects.toMatchObject({ kind: 'conflict' });
    expect(await finish(asked.id, 'passed')).toBe(true);
    expect(await finish(asked.id, 'failed'), 'a second worker changes nothing').toBe(false);
    expect(await everybody(first)).toEqual(['runs']);
    expect((await call(getEdge, { edgeId })).verification).toMatchObject({
      status: 'passed',
      verifiedBy: as.editor.userId,
      logs: 'log',
    });

    await call(addEdgeVersion, { edgeId, revision: 1, implementation: select('select 2') });
    expect(await everybody(await versionIdOf(edgeId, 2))).toEqual(['GR412: version 2 of the edge was not verified']);
    expect(await everybody(first)).toEqual(['runs']);

    const again = await call(verifyEdge, { edgeId, version: 1 });
    expect(await everybody(first)).toEqual(['runs']);
    await finish(again.id, 'failed');
    expect(await everybody(first)).toEqual(['GR412: version 1 of the edge failed its verification']);
    const third = await call(verifyEdge, { edgeId, version: 1 });
    await finish(third.id, 'passed');
    expect(await everybody(first)).toEqual(['runs']);
    await call(setEdgeVersionActive, { edgeId, revision: 2, version: 1, active: false });
    expect(await everybody(first)).toEqual(['GR412: version 1 of the edge was withdrawn']);
    expect(await call(listVerifications, { edgeId, version: 1 })).toHaveLength(3);
  });

  test('where the organization wants it, not before somebody else approved it', async () => {
    const { as, call, versionIdOf } = await catalogue('four eyes');
    await expect(call(configureEdges, { approval: true })).rejects.toMatchObject({ kind: 'forbidden' });
    await call(configureEdges, { approval: true }, as.admin);
    expect(await call(getEdgeSettings, {})).toEqual({ approval: true });
    const { id: edgeId } = await call(createEdge, { name: 'watched', ...adults });
    const version = await versionIdOf(edgeId);
    const inputs = { people: { rows: [{ id: 1, born: '1990-01-01' }] } };
    const { id: verificationId } = await call(verifyEdge, { edgeId, version: 1, inputs });
    const decide = (who: Member, decision: 'approved' | 'rejected' = 'approved') =>
      call(decideVerification, { verificationId, decision }, who);
    await expect(decide(as.admin)).rejects.toMatchObject({ kind: 'precondition' });
    await finish(verificationId, 'passed');
    expect(await everybody(version)).toEqual(['GR412: version 1 of the edge waits for somebody to approve it']);
    await expect(decide(as.editor)).rejects.toMatchObject({
      kind: 'forbidden',
      message: expect.stringContaining('who wrote'),
    });
    await expect(decide(as.viewer)).rejects.toMatchObject({ kind: 'forbidden' });
    const endings = await Promise.allSettled([decide(as.admin), decide(as.colleague)]);
    expect(endings.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await everybody(version)).toEqual(['runs']);

    const { id: newest } = await call(verifyEdge, { edgeId, version: 1, inputs });
    await finish(newest, 'passed');
    expect(await everybody(version)).toEqual(['GR412: version 1 of the edge waits for somebody to approve it']);
    await call(decideVerification, { verificationId: newest, decision: 'rejected', note: 'no' }, as.admin);
    await call(configureEdges, { approval: false }, as.admin);
    expect(await everybody(version)).toEqual(['GR412: version 1 of the edge was rejected']);
  });

  test('nobody writes a finding but the worker, and nobody changes one', async () => {
    const { as, tenantId, call, blockId } = await catalogue('findings');
    const { id: edgeId } = await call(createEdge, { name: 'forged', ...adults, bindings: [...joined(blockId)] });
    const { id } = await call(verifyEdge, { edgeId, version: 1 });
    for (const statement of [
      `update edge_verifications set status = 'passed'`,
      `insert into edge_verifications select * from edge_verifications`,
      'delete from edge_verifications',
      `select app.finish_verification('${id}', 'passed', '', '{}')`,
    ])
      for (const role of ['granary_member', 'authenticated'] as const)
        expect(await asMember(as.owner, statement, role)).toBe('42501');
    await finish(id, 'failed');
    await expect(
      owner.query(`update edge_verifications set status = 'passed' where tenant_id = $1`, [tenantId]),
    ).rejects.toMatchObject({ code: 'GR412' });
  });

  test('a verification that reads a dataset is seen by who may read that; one that cannot be filled is not asked for', async () => {
    const { as, call, datasetId } = await catalogue('samples');
    const { id: edgeId } = await call(createEdge, { name: 'unjoined', ...adults });
    await expect(call(verifyEdge, { edgeId, version: 1 })).rejects.toMatchObject({
      kind: 'invalid',
      details: { port: 'people' },
    });
    await expect(call(verifyEdge, { edgeId, version: 1, inputs: { nobody: { rows: [] } } })).rejects.toMatchObject({
      kind: 'invalid',
    });
    const inputs = { people: { datasetId } };
    await expect(call(verifyEdge, { edgeId, version: 1, inputs }, as.colleague)).rejects.toMatchObject({
      kind: 'not_found',
    });
    const { id: verificationId } = await call(verifyEdge, { edgeId, version: 1, inputs });
    await finish(verificationId, 'passed');
    expect(await call(listVerifications, { edgeId }, as.colleague)).toEqual([]);
    expect(await call(getEdge, { edgeId }, as.colleague)).toMatchObject({ verification: null });
    await expect(
      call(decideVerification, { verificationId, decision: 'rejected' }, as.colleague),
    ).rejects.toMatchObject({ kind: 'not_found' });
    const other = await call(createEdge, {
      ...adults,
      name: 'wants more',
      inputs: [{ name: 'people', columns: [column('name', 'text')] }],
    });
    await expect(call(verifyEdge, { edgeId: other.id, version: 1, inputs })).rejects.toMatchObject({
      details: { misfits: [{ column: 'name' }] },
    });
  });
});

/** What a statement does for a member who comes with SQL. */
async function asMember(
  identity: Member,
  statement: string,
  role: 'granary_member' | 'authenticated',
): Promise<number | string> {
  const client = await database.pool('granary_api').connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [claimsOf(identity)]);
    await client.query(`set local role ${role}`);
    return (await client.query(statement)).rowCount ?? 0;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : Promise.reject(error);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** As a client does that is told to try again: there are fewer connections than callers. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DomainError && error.kind === 'unavailable')) throw error;
    }
  }
}
