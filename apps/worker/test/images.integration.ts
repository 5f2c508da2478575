import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { backend, repository } from './git-server.ts';
import { builder, imageOffice } from './image-harness.ts';
import { registry } from './registry-server.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const canBuild = backend !== undefined && builder !== null;

/** A repository with these files, committed. */
async function code(files: Readonly<Record<string, string>>) {
  const { url, git, commit, root } = await repository();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  await git('add', '-A');
  return { url, git, commit, root, head: await commit('files') };
}

test.skipIf(!canBuild)(
  'an image is built of the pinned commit, put into the registry, and its digest checked',
  async () => {
    const { url, git, commit, root, head } = await code({
      Dockerfile: 'FROM scratch\nCOPY app/ /app/\nLABEL version=1\n',
      'app/main.txt': 'hello',
    });
    const { host, url: registryUrl, manifests, blobs } = await registry();
    const { build, call, get, logs, runBuilds, runChecks, repositoryId, blockId, tenantId, workDirectory, as } =
      await imageOffice(testDatabase, 'builds', { url, registryUrl: `${registryUrl}/granary` });
    await expect(build({ version: 1 })).rejects.toMatchObject({ kind: 'precondition' }); // pinned to nothing yet
    await call('repositories.pin', { repositoryId, version: 1 });
    await writeFile(path.join(root, 'Dockerfile'), 'FROM broken:never\n');
    await git('add', '-A');
    await commit('breaks it');
    const asked = await build({ version: 1 });
    expect(asked).toMatchObject({ buildStatus: 'pending', commitId: head, digest: null });
    await expect(build()).rejects.toMatchObject({ kind: 'conflict' });
    await runBuilds();
    const done = await get(asked.id);
    const name = `granary/${tenantId}/${blockId}`;
    expect(done).toMatchObject({
      buildStatus: 'success',
      problem: null,
      registryUrl: `${host}/${name}`,
      digestCheck: null,
    });
    expect(manifests.has(`${name} ${done.digest}`)).toBe(true);
    expect(
      [...blobs.values()].map((bytes) => bytes.toString()).find((text) => text.includes('"version":"1"')),
    ).toBeDefined();
    await runChecks();
    expect(await get(asked.id)).toMatchObject({ digestCheck: 'matches', digestProblem: null });
    const { items, after } = await logs(asked.id);
    expect(items.map(({ message }) => message).join('\n')).toContain('STEP 2');
    expect((await logs(asked.id, after)).items).toEqual([]);
    expect(await readdir(workDirectory)).toEqual([]);

    const other = manifests.values().next().value;
    manifests.set(`${name} v1`, { type: other?.type ?? '', bytes: Buffer.from('{"schemaVersion":2}') });
    await owner.query(`update images set updated_at = now() - interval '1 minute' where id = $1`, [asked.id]);
    await call('images.check', { imageId: asked.id });
    await runChecks();
    expect(await get(asked.id)).toMatchObject({ digestCheck: 'differs' });

    const stranger = await createTestOrganization(owner, 'strangers to images');
    for (const action of ['images.get', 'images.logs', 'images.check', 'images.remove'])
      await expect(call(action, { imageId: asked.id }, stranger.as.editor)).rejects.toMatchObject({
        kind: 'not_found',
      });
    for (const action of ['images.check', 'images.remove'])
      await expect(call(action, { imageId: asked.id }, as.viewer)).rejects.toMatchObject({ kind: 'forbidden' });
    await call('images.remove', { imageId: asked.id });
    await expect(get(asked.id)).rejects.toMatchObject({ kind: 'not_found' });
  },
);

test.skipIf(!canBuild)('a base image comes through the guarded way, and the build itself has no network', async () => {
  const source = await registry({ token: 'for-anybody' });
  const layer = gzipSync(Buffer.alloc(10_240)); // an empty tar
  const config = source.keep(
    Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        config: { Labels: { base: 'yes' } },
        rootfs: { type: 'layers', diff_ids: [`sha256:${emptyTar}`] },
      }),
    ),
  );
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...source.keep(layer) }],
    }),
  );
  const digest = source.put('team/base', 'sha', { type, bytes: manifest });
  const platform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
  const index = { schemaVersion: 2, manifests: [{ mediaType: type, digest, size: manifest.length, platform }] };
  source.put('team/base', '1', {
    type: 'application/vnd.oci.image.index.v1+json',
    bytes: Buffer.from(JSON.stringify(index)),
  });
  const { url } = await code({ Dockerfile: `ARG TAG=1\nFROM ${source.host}/team/base:\${TAG}\nCOPY x /x\n`, x: 'x' });
  const target = await registry();
  const { build, get, runBuilds, logs } = await imageOffice(testDatabase, 'has a base', {
    url,
    registryUrl: target.url,
    allow: [source.host],
  });
  const { id } = await build();
  await runBuilds();
  expect(await get(id)).toMatchObject({ buildStatus: 'success', problem: null });
  expect((await logs(id)).items.map(({ message }) => message).join('\n')).toContain(digest);
  expect([...target.blobs.values()].some((bytes) => bytes.toString().includes('"base":"yes"'))).toBe(true);
});
const emptyTar = '84ff92691f909a05b224e1c56abb4864f01b4f8e3c854e4bb4c7baf1d3f6d652';

test.skipIf(!canBuild).each([
  ['a command, where none may run', 'FROM scratch\nCOPY Dockerfile /bin/sh\nRUN ["/bin/sh"]\n', /builder failed/],
  ['a base inside our network', 'FROM 169.254.169.254/latest:v1\n', /address/],
  ['a base that is not there', 'FROM 127.0.0.1:1/team/base\n', /127\.0\.0\.1/],
  ['a download', 'FROM scratch\nADD http://127.0.0.1:1/secret /x\n', /builder failed/],
  ['a file outside', 'FROM scratch\nCOPY ../../../../etc/passwd /x\n', /builder failed/],
  ['no Dockerfile at all', null, /no file Dockerfile/],
  ['a base that nobody can know', 'ARG X\nFROM $X\n', /has no value/],
  ['nonsense', 'FROM scratch\nEVIL x\n', /builder failed/],
])('%s: the build fails, and says why', async (_what, dockerfile, problem) => {
  const { url } = await code({ other: 'x', ...(dockerfile !== null && { Dockerfile: dockerfile }) });
  const target = await registry();
  const { build, get, runBuilds, workDirectory } = await imageOffice(testDatabase, `fails: ${_what}`, {
    url,
    registryUrl: target.url,
  });
  const { id } = await build();
  await runBuilds();
  const failed = await get(id);
  expect(failed.buildStatus).toBe('failed');
  expect(failed.problem).toMatch(problem);
  expect(target.manifests.size).toBe(0);
  expect(await readdir(workDirectory)).toEqual([]);
});

test.skipIf(!canBuild).each([
  ['/etc', 'straight out'],
  ['../../etc', 'upwards'],
  ['deep/folder/../../../etc', 'by a detour'],
  ['here/../../etc', 'through another link'],
])('a link to %s (%s) ends the build', async (target) => {
  const { url, git, commit, root } = await code({ 'deep/folder/file': 'x', Dockerfile: 'FROM scratch\nCOPY . /\n' });
  await symlink('deep/folder', path.join(root, 'here'));
  await symlink(target, path.join(root, 'link'));
  await git('add', '-A');
  await commit('links');
  const { url: registryUrl } = await registry();
  const { build, get, runBuilds } = await imageOffice(testDatabase, `links ${target}`, { url, registryUrl });
  const { id } = await build();
  await runBuilds();
  expect(await get(id)).toMatchObject({ buildStatus: 'failed', problem: expect.stringContaining('link') });
});

test.skipIf(!canBuild)('a build that took over from one that died ends it, and the dead one ends nothing', async () => {
  const { url } = await code({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
  const { url: registryUrl } = await registry();
  const { build, get, logs, runBuilds } = await imageOffice(testDatabase, 'takes over', { url, registryUrl });
  const { id } = await build();
  await owner.query('select app.begin_image($1, $2, $3)', [id, 'buildah', 'registry.example']);
  await runBuilds();
  const done = await get(id);
  expect(done.buildStatus).toBe('success');
  expect((await logs(id)).items[0]?.message).toContain('begins anew');
  const { rows } = await owner.query(`select app.finish_image($1, 1, null, 'too late') as done`, [id]);
  expect(rows).toEqual([{ done: false }]);
});

test.skipIf(!canBuild)('a build that nobody wants any more, or that takes too long, ends', async () => {
  const { url } = await code({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
  const { url: registryUrl, manifests } = await registry();
  const { build, get, runBuilds, call } = await imageOffice(testDatabase, 'ends', { url, registryUrl });
  const { id: slow } = await build();
  await runBuilds({ seconds: 0.001 });
  expect(await get(slow)).toMatchObject({ buildStatus: 'failed', problem: expect.stringContaining('longer than') });
  const { id } = await build();
  await call('images.remove', { imageId: id });
  await runBuilds();
  expect(manifests.size).toBe(0);
});

test.skipIf(!backend)('where there is no registry to put images into, that is said', async () => {
  const { url } = await code({ Dockerfile: 'FROM scratch\n' });
  const { build, get, runBuilds } = await imageOffice(testDatabase, 'has no registry', { url });
  const { id } = await build();
  await runBuilds();
  expect(await get(id)).toMatchObject({ buildStatus: 'failed', problem: expect.stringContaining('no builder here') });
});

test.skipIf(!backend)('who may not write the block any more has nothing built', async () => {
  const { url } = await code({ Dockerfile: 'FROM scratch\n' });
  const { build, runBuilds, as, tenantId } = await imageOffice(testDatabase, 'demoted', { url });
  const { id } = await build();
  await owner.query('delete from user_roles where tenant_id = $1 and user_id = $2', [tenantId, as.editor.userId]);
  await expect(runBuilds()).rejects.toMatchObject({ code: 'GR403' });
  const { rows } = await owner.query('select build_status from images where id = $1', [id]);
  expect(rows).toEqual([{ build_status: 'pending' }]);
});
