import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createDatabase, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { type Action, actions, executeAction } from '@granary/domain';
import { createOutbound } from '@granary/outbound';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { checkRepository, enqueueDueRepositories } from '../src/code/check-repository.ts';
import { readRepository } from '../src/code/read-repository.ts';
import { backend, repository } from './git-server.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const api = createDatabase(testDatabase.pool('granary_api'), { prepared: true });
const worker = createDatabase(testDatabase.pool('granary_worker'), { prepared: true });
const seen = z.object({
  id: z.uuid(),
  headCommit: z.string().nullable(),
  lastUpdated: z.string().nullable(),
  problem: z.string().nullable(),
  commits: z.array(z.object({ commitId: z.string() })).optional(),
  pins: z.array(z.object({ commitId: z.string() })).optional(),
});

const foundList = z.array(
  z.object({ id: z.uuid(), ref: z.string().nullable(), origin: z.string(), foundIn: z.string().nullable() }),
);

async function office(name: string, url: string) {
  const { as, tenantId } = await createTestOrganization(owner, name);
  const outboundAllow = [new URL(url).host];
  const call = (action: string, input: object, identity: Member = as.editor) => {
    const found: Action | undefined = actions.find((each) => each.name === action);
    if (!found) throw new Error(`no action ${action}`);
    return executeAction({ database: api, catalogue: {} as never, outboundAllow }, found, identity, input);
  };
  const { rows } = await owner.query<{ id: string }>(
    `insert into blocks (tenant_id, name, block_type) values ($1, 'model', 'model') returning id`,
    [tenantId],
  );
  const blockId = rows[0]?.id ?? '';
  await owner.query(
    `insert into block_versions (tenant_id, block_id, block_type, number, digest, created_by) values ($1, $2, 'model', 1, repeat('a', 64), $3)`,
    [tenantId, blockId, as.editor.userId],
  );
  await owner.query(
    `update blocks b set current_version_id = v.id from block_versions v where b.id = $1 and v.tenant_id = b.tenant_id and v.block_id = b.id`,
    [blockId],
  );
  const outbound = createOutbound({ userAgent: 'GranaryTest/1.0', allow: outboundAllow });
  onTestFinished(() => outbound.close());
  return {
    as,
    tenantId,
    blockId,
    call,
    /** What the worker does with the jobs in the queue; answers how many there were. */
    async runJobs() {
      const jobs = await owner.query<{ data: { input: { tenantId: string; repositoryId: string } } }>(
        `delete from jobs.job where name = 'repository.check' returning data`,
      );
      for (const { data } of jobs.rows)
        await checkRepository({ database: worker, outbound, log: () => {} }, data.input);
      return jobs.rows.length;
    },
    /** The same for what is read of the commits. */
    async readJobs() {
      const jobs = await owner.query<{ data: { input: { tenantId: string; repositoryId: string } } }>(
        `delete from jobs.job where name = 'repository.read' and data -> 'input' ->> 'tenantId' = $1 returning data`,
        [tenantId],
      );
      for (const { data } of jobs.rows) await readRepository({ database: worker, outbound, log: () => {} }, data.input);
      return jobs.rows.length;
    },
  };
}

test.skipIf(!backend)(
  'a branch is followed, its commits kept, and a version pinned to one of them for ever',
  async () => {
    const { url, commit } = await repository();
    const first = await commit('first');
    const { as, call, blockId, runJobs, tenantId } = await office('follows', url);
    const added = seen.parse(await call('repositories.addToBlock', { blockId, url }));
    expect(added).toMatchObject({ headCommit: null, lastUpdated: null });
    const repositoryId = added.id;
    await expect(call('repositories.pin', { repositoryId, version: 1 })).rejects.toMatchObject({
      kind: 'precondition',
    });
    await expect(call('repositories.addToBlock', { blockId, url })).rejects.toMatchObject({ kind: 'conflict' });
    const get = async () => seen.parse(await call('repositories.get', { repositoryId }));
    expect(await runJobs()).toBe(1);
    const before = await get();
    expect(before).toMatchObject({ headCommit: first, problem: null, commits: [{ commitId: first }] });

    await owner.query(`update code_repositories set check_due_at = now() where tenant_id = $1`, [tenantId]);
    expect(await enqueueDueRepositories(worker)).toBe(1);
    expect(await enqueueDueRepositories(worker)).toBe(0);
    await runJobs();
    expect((await get()).lastUpdated).toBe(before.lastUpdated); // nothing new
    const second = await commit('second');
    await expect(call('repositories.check', { repositoryId })).rejects.toMatchObject({ kind: 'limit_reached' });
    await owner.query(`update code_repositories set check_due_at = now() where tenant_id = $1`, [tenantId]);
    await call('repositories.check', { repositoryId });
    await runJobs();
    expect(await get()).toMatchObject({ headCommit: second, commits: [{ commitId: second }, { commitId: first }] });

    await call('repositories.pin', { repositoryId, version: 1, commit: first });
    await expect(call('repositories.pin', { repositoryId, version: 1 })).rejects.toMatchObject({ kind: 'conflict' });
    await expect(call('repositories.pin', { repositoryId, version: 2 })).rejects.toMatchObject({ kind: 'not_found' });
    await expect(call('repositories.remove', { repositoryId })).rejects.toMatchObject({ kind: 'precondition' });
    expect((await get()).pins).toMatchObject([{ commitId: first }]);
    await expect(call('repositories.check', { repositoryId }, as.viewer)).rejects.toMatchObject({ kind: 'forbidden' });
    const stranger = await createTestOrganization(owner, 'strangers');
    for (const action of ['repositories.get', 'repositories.check', 'repositories.remove'])
      await expect(call(action, { repositoryId }, stranger.as.editor)).rejects.toMatchObject({ kind: 'not_found' });
  },
);

test.skipIf(!backend)(
  'what cannot be asked, or has no such branch, says why, and is asked more and more seldom',
  async () => {
    const { url, commit } = await repository();
    await commit('first');
    const { call, blockId, runJobs } = await office('problems', url);
    const { id: repositoryId } = seen.parse(await call('repositories.addToBlock', { blockId, url, branch: 'none' }));
    await runJobs();
    const state = async () =>
      (
        await owner.query(
          `select problem, failures, round(extract(epoch from check_due_at - checked_at) / 60)::int as minutes from code_repositories where id = $1`,
          [repositoryId],
        )
      ).rows[0];
    expect(await state()).toEqual({ problem: 'the repository has no such branch', failures: 1, minutes: 15 });
    await call('repositories.check', { repositoryId });
    await runJobs();
    expect(await state()).toMatchObject({ failures: 2, minutes: 30 });
    for (const wrong of [
      'http://169.254.169.254/x.git',
      'https://user:secret@example.org/x.git',
      'ssh://git@example.org/x',
      'https://10.0.0.1/x',
    ])
      await expect(call('repositories.addToBlock', { blockId, url: wrong })).rejects.toMatchObject({ kind: 'invalid' });
    for (const branch of ['-x', 'a..b', 'a b', 'a\n', 'x.lock', '/x', 'x/', '@{x', 'a:b', 'nul\0'])
      await expect(call('repositories.addToBlock', { blockId, url, branch })).rejects.toMatchObject({
        kind: 'invalid',
      });
  },
);

test.skipIf(!backend)(
  'what a commit’s manifests name is found, replaced by the next commit, and what people entered stays',
  async () => {
    const { url, git, commit, root } = await repository();
    const write = async (manifest: object) => {
      await writeFile(path.join(root, 'package.json'), JSON.stringify(manifest));
      await git('add', '-A');
      return commit('a manifest');
    };
    await writeFile(path.join(root, 'Dockerfile'), 'FROM python:3.12\n');
    const first = await write({ dependencies: { zod: '4.1.0', 'left-pad': '1.3.0' } });
    const { as, call, blockId, runJobs, readJobs, tenantId } = await office('finds', url);
    const entered = { kind: 'package', ref: 'pkg:npm/zod@4.1.0' };
    await call('dependencies.addToBlock', { blockId, target: entered, detail: 'by hand' });
    const { id: repositoryId } = seen.parse(await call('repositories.addToBlock', { blockId, url }));
    await runJobs();
    expect(await readJobs()).toBe(1);
    const listed = async () =>
      foundList
        .parse(await call('dependencies.ofBlock', { blockId }))
        .map(({ ref, origin, foundIn }) => [ref, origin, foundIn])
        .sort();
    expect(await listed()).toEqual([
      ['pkg:docker/library/python@3.12', 'found', 'Dockerfile'],
      ['pkg:npm/left-pad@1.3.0', 'found', 'package.json'],
      ['pkg:npm/zod@4.1.0', 'entered', null],
      ['pkg:npm/zod@4.1.0', 'found', 'package.json'],
    ]);
    expect(await call('repositories.get', { repositoryId })).toMatchObject({ readCommit: first, readProblem: null });
    const [found] = foundList
      .parse(await call('dependencies.ofBlock', { blockId }))
      .filter(({ origin }) => origin === 'found');
    await expect(call('dependencies.remove', { dependencyId: found?.id })).rejects.toMatchObject({
      kind: 'precondition',
    });
    const reached = await call('impact.of', { entityType: 'package', reference: 'pkg:npm/left-pad' });
    expect(reached).toMatchObject({ items: [{ kind: 'block', id: blockId, via: null, reason: 'depends on' }] });

    await git('rm', '-q', 'Dockerfile');
    const second = await write({ dependencies: { 'left-pad': '1.3.1' } });
    await owner.query(`update code_repositories set check_due_at = now() where tenant_id = $1`, [tenantId]);
    await call('repositories.check', { repositoryId });
    await runJobs();
    await readJobs();
    expect(await listed()).toEqual([
      ['pkg:npm/left-pad@1.3.1', 'found', 'package.json'],
      ['pkg:npm/zod@4.1.0', 'entered', null],
    ]);
    const { rows } = await owner.query(
      `select type, data ->> 'commit' as commit, data ->> 'blockId' as block from outbox_events where tenant_id = $1 and type = 'repository.moved'`,
      [tenantId],
    );
    expect(rows).toEqual([{ type: 'repository.moved', commit: second, block: blockId }]); // not of the first time

    await call('repositories.remove', { repositoryId });
    expect(await listed()).toEqual([['pkg:npm/zod@4.1.0', 'entered', null]]);
    await expect(call('dependencies.ofBlock', { blockId }, as.viewer)).resolves.toHaveLength(1);
  },
);

test.skipIf(!backend)('a reading that comes late, or fails, takes nothing away', async () => {
  const { url, git, commit, root } = await repository();
  await writeFile(path.join(root, 'requirements.txt'), 'numpy==2.0.0\n');
  await git('add', '-A');
  const first = await commit('first');
  const { call, blockId, runJobs, readJobs, tenantId } = await office('late', url);
  const { id: repositoryId } = seen.parse(await call('repositories.addToBlock', { blockId, url }));
  await runJobs();
  await readJobs();
  const note = async (commitId: string, found: string | null) =>
    (
      await owner.query(`select app.note_repository_reading($1, $2, $3, $4::jsonb, 'why') as noted`, [
        tenantId,
        repositoryId,
        commitId,
        found,
      ])
    ).rows[0].noted;
  expect(await note('b'.repeat(40), '[]')).toBe(false);
  expect(await note(first, null)).toBe(false);
  expect(foundList.parse(await call('dependencies.ofBlock', { blockId }))).toMatchObject([
    { ref: 'pkg:pypi/numpy@2.0.0' },
  ]);
  expect(await call('repositories.get', { repositoryId })).toMatchObject({ readCommit: first, readProblem: 'why' });
});
