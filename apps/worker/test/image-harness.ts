import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, type Member } from '@granary/db';
import { createTestOrganization, type TestDatabase } from '@granary/db/testing';
import { type Action, actions, executeAction } from '@granary/domain';
import { createOutbound } from '@granary/outbound';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { checkRepository } from '../src/code/check-repository.ts';
import { findBuilder } from '../src/images/builder.ts';
import { checkImage } from '../src/images/check-image.ts';
import { openImageRegistry } from '../src/images/image-registry.ts';
import { type ImageSettings, runBuild } from '../src/images/run-build.ts';

export const builder = await findBuilder();
if (builder === null) process.stderr.write('skipped: buildah is not installed (package buildah)\n');

export const seenImage = z.object({
  id: z.uuid(),
  buildStatus: z.string(),
  problem: z.string().nullable(),
  digest: z.string().nullable(),
  digestCheck: z.string().nullable(),
  digestProblem: z.string().nullable(),
  registryUrl: z.string().nullable(),
  commitId: z.string(),
});
const seenLogs = z.object({ image: seenImage, items: z.array(z.object({ message: z.string() })), after: z.number() });

/** An organization with a model and a repository of it, and what the worker does about its images. */
export async function imageOffice(
  testDatabase: TestDatabase,
  name: string,
  {
    url,
    registryUrl,
    allow = [],
  }: { readonly url: string; readonly registryUrl?: string; readonly allow?: readonly string[] },
) {
  const owner = testDatabase.pool('postgres');
  const api = createDatabase(testDatabase.pool('granary_api'), { prepared: true });
  const database = createDatabase(testDatabase.pool('granary_worker'), { prepared: true });
  const { as, tenantId } = await createTestOrganization(owner, name);
  const outboundAllow = [new URL(url).host, ...allow];
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
  const outbound = createOutbound({ userAgent: 'GranaryTest/1.0', allow: outboundAllow });
  const registry =
    registryUrl === undefined ? undefined : await openImageRegistry(registryUrl, undefined, 'GranaryTest/1.0');
  const workDirectory = await mkdtemp(path.join(tmpdir(), 'granary-images-'));
  onTestFinished(async () => {
    await Promise.all([outbound.close(), registry?.outbound.close()]);
    await rm(workDirectory, { recursive: true, force: true });
  });
  const { id: repositoryId } = z
    .object({ id: z.uuid() })
    .parse(await call('repositories.addToBlock', { blockId, url }));
  const log = () => {};
  await checkRepository({ database, outbound, log }, { tenantId, repositoryId });
  const jobs = async <T>(queue: string) =>
    (
      await owner.query<{ data: { input: T; userId: string } }>(`delete from jobs.job where name = $1 returning data`, [
        queue,
      ])
    ).rows.map(({ data }) => data);
  return {
    as,
    tenantId,
    blockId,
    repositoryId,
    workDirectory,
    database,
    call,
    build: async (input: object = {}) =>
      seenImage.parse(await call('images.build', { repositoryId, tag: 'v1', ...input })),
    get: async (imageId: string) => seenImage.parse(await call('images.get', { imageId })),
    logs: async (imageId: string, after = 0) => seenLogs.parse(await call('images.logs', { imageId, after })),
    /** What the worker does with the jobs in the queue. */
    async runBuilds(settings: Partial<ImageSettings> = {}, signal: AbortSignal = new AbortController().signal) {
      const images = { isolation: 'off' as const, seconds: 300, spaceMegabytes: 200, ...settings };
      for (const { input, userId } of await jobs<{ imageId: string }>('image.build'))
        await runBuild({ database, outbound, registry, workDirectory, images, log }, input, {
          jobId: '',
          identity: { userId, tenantId, requestId: 'test' },
          signal,
        });
    },
    async runChecks() {
      for (const { input } of await jobs<{ tenantId: string; imageId: string }>('image.check'))
        await checkImage({ database, outbound, registry, log }, input);
    },
  };
}
