import { randomBytes } from 'node:crypto';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { startInstallation } from '../testing/installation.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const commit = 'a'.repeat(40);
const digest = `sha256:${'b'.repeat(64)}`;

/** As if the worker had asked a server, which there is none of here. */
async function seeHead(repositoryId: string): Promise<void> {
  await owner.query(
    `insert into code_commits (tenant_id, repository_id, commit_id) select tenant_id, id, $2 from code_repositories where id = $1`,
    [repositoryId, commit],
  );
  await owner.query('update code_repositories set head_commit = $2, last_updated = now() where id = $1', [
    repositoryId,
    commit,
  ]);
}

test('images are asked for, reported with a secret alone, listed, followed, checked and forgotten', async () => {
  const masterKey = { GRANARY_MASTER_KEY: randomBytes(32).toString('base64') };
  const { url, env, cli, json } = await startInstallation(database, masterKey);
  const block = await json('block', 'create', 'model');
  const { id: repository } = await json('repo', 'add', 'block', 'model', 'https://git.invalid/model.git');
  expect((await cli('image', 'list')).stdout).toBe('nothing\n');

  expect(await cli('image', 'build', repository, 'v1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not seen yet'),
  });
  await seeHead(repository);
  expect(await cli('image', 'build', repository, 'not a tag')).toMatchObject({ code: 1 });
  expect(await cli('image', 'build', repository, 'v1', '--version', 'one')).toMatchObject({ code: 2 });
  expect(await cli('image', 'build', repository, 'v1', '--version', '1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('pinned to no commit'),
  });
  expect((await cli('repo', 'pin', repository, '1')).stdout).toBe(`${commit}\n`);
  // there is no registry to put images into, and where this runs perhaps no builder either
  expect(await cli('image', 'build', repository, 'v1', '--version', '1')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(' failed'),
    stderr: expect.stringContaining('no builder here'),
  });

  // whoever builds elsewhere has the secret, and neither a key nor an account
  const { stdout: secret } = await cli('image', 'secret', repository);
  expect(secret).toMatch(/^whsec_\S+\n$/);
  const report = (piped: string, tag: string, status: string, ...more: string[]) => {
    const said = ['--commit', commit, '--registry', 'registry.invalid/team/model', '--status', status, ...more];
    return runCli(['image', 'report', repository, tag, ...said], { ...env, GRANARY_API_URL: url }, piped);
  };
  const built = await report(secret, 'v2', 'success', '--digest', digest);
  expect(built, built.stderr).toMatchObject({ code: 0 });
  const imageId = built.stdout.trim();
  expect(await json('image', 'list', '--repository', repository)).toMatchObject({
    items: [
      { id: imageId, blockId: block.id, imageTag: 'v2', buildStatus: 'success', digest, origin: 'reported' },
      { imageTag: 'v1', buildStatus: 'failed', commitId: commit, origin: 'built' },
    ],
  });
  const broken = await report(secret, 'v3', 'failed', '--problem', 'no space\u001b[2J');
  expect(broken).toMatchObject({ code: 0 });
  expect((await cli('image', 'list')).stdout).toContain('no space\\u001b[2J');
  expect((await report('hello\n', 'v2', 'success', '--digest', digest)).code).toBe(2);
  const forged = `whsec_${randomBytes(32).toString('base64')}\n`;
  expect((await report(forged, 'v2', 'success', '--digest', digest)).code).toBe(1);
  expect((await report(secret, 'v2', 'eaten')).code).toBe(1);

  expect(await json('image', 'log', imageId, '--follow')).toMatchObject({ id: imageId, buildStatus: 'success' });
  expect(await cli('image', 'check', broken.stdout.trim())).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no image yet'),
  });
  expect((await cli('image', 'remove', imageId)).stdout).toBe('forgotten\n');
  expect((await cli('image', 'log', imageId)).code).toBe(1);
});
