import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { asSystem, asUser, type Database } from '@granary/db';
import { DomainError, type JobInput } from '@granary/domain';
import type { Outbound } from '@granary/outbound';
import { sql } from 'kysely';
import { z } from 'zod';
import { fetchCommit } from '../code/fetch-commit.ts';
import { makeWorkDirectory } from '../load/work-directories.ts';
import type { Log } from '../log.ts';
import type { JobContext } from '../queue/start-worker.ts';
import { openBuildLog } from './build-log.ts';
import { type Building, buildImage, findBuilder, importImage, pushImage, type RunIsolation } from './builder.ts';
import { dockerfileBases } from './dockerfile-bases.ts';
import { imageReference } from './image-reference.ts';
import type { ImageRegistry } from './image-registry.ts';
import { pullImage } from './pull-image.ts';
import { Registry } from './registry.ts';
import { watchSpace } from './watch-space.ts';
import { writeFiles } from './write-files.ts';

export interface BuildDependencies {
  readonly database: Database;
  /** For repositories and images that tenants named. */
  readonly outbound: Outbound;
  readonly registry?: ImageRegistry | undefined;
  readonly workDirectory: string;
  readonly images: ImageSettings;
  readonly log: Log;
}

export interface ImageSettings {
  readonly isolation: RunIsolation;
  readonly seconds: number;
  readonly spaceMegabytes: number;
}

const wantedImage = z.object({
  id: z.uuid(),
  repository_id: z.uuid().nullable(),
  commit_id: z.string(),
  dockerfile: z.string(),
  image_tag: z.string(),
  registry_url: z.string(),
  attempt: z.int(),
});
type Wanted = z.output<typeof wantedImage>;

/**
 * Builds the image that somebody asked for, if they still may, and puts it into the operator's registry. Begins anew after a crash; the
 * first end counts. A failure that is the repository's is the image's, and the job is done.
 */
export async function runBuild(
  dependencies: BuildDependencies,
  { imageId }: JobInput<'image.build'>,
  { identity, signal }: JobContext,
): Promise<void> {
  const { database, log, images } = dependencies;
  const asked = await asUser(database, identity, 'block:write', (db) =>
    db
      .selectFrom('images as i')
      .leftJoin('code_repositories as r', (join) =>
        join.onRef('r.tenant_id', '=', 'i.tenant_id').onRef('r.id', '=', 'i.repository_id'),
      )
      .select(['i.id', 'r.repo_url as url'])
      .where('i.tenant_id', '=', identity.tenantId)
      .where('i.id', '=', imageId)
      .where('i.build_status', '=', 'pending')
      .executeTakeFirst(),
  );
  if (!asked) return log('no image to build', { imageId });
  const builder = await findBuilder();
  const { registry } = dependencies;
  if (builder === null || !registry || asked.url === null) {
    const problem =
      builder === null
        ? 'no builder here: buildah is not installed where the worker runs'
        : registry
          ? 'the repository is no longer registered'
          : 'no builder here: the operator named no registry to put images into (GRANARY_IMAGE_REGISTRY)';
    await finishImage(database, imageId, null, { problem });
    return;
  }
  const wanted = await beginImage(database, imageId, builder, registry.prefix);
  if (!wanted) return;
  const unwanted = new AbortController();
  const building = AbortSignal.any([signal, unwanted.signal, AbortSignal.timeout(images.seconds * 1000)]);
  const logs = openBuildLog(
    (lines) => logImage(database, wanted, lines),
    () => unwanted.abort(new DomainError('precondition', 'nobody wants it any more')),
  );
  const ended = await build({ ...dependencies, registry }, wanted, asked.url, building, logs.add).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      return { problem: problemOf(building.aborted ? building.reason : error, images.seconds) };
    },
  );
  await logs.close();
  const isOurs = await finishImage(database, imageId, wanted.attempt, ended);
  log('built an image', { imageId, ...ended, isOurs });
}

async function build(
  { outbound, registry, workDirectory, images }: BuildDependencies & { readonly registry: ImageRegistry },
  wanted: Wanted,
  url: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<{ readonly digest: string }> {
  const folder = await makeWorkDirectory(workDirectory);
  const tooMuch = new AbortController();
  const stopWatch = watchSpace(folder, images.spaceMegabytes, () =>
    tooMuch.abort(new DomainError('precondition', `it needs more than ${images.spaceMegabytes} MB of space`)),
  );
  const either = AbortSignal.any([signal, tooMuch.signal]);
  const building: Building = { folder, isolation: images.isolation, signal: either, onLine };
  try {
    onLine(`commit ${wanted.commit_id} of ${url}`);
    const fetched = await fetchCommit(outbound, { url, commit: wanted.commit_id }, fetchLimits, either);
    const file = fetched.files.find(({ path: name, kind }) => name === wanted.dockerfile && kind !== 'link');
    const text = file && fetched.read(file)?.toString();
    if (text === undefined) throw new DomainError('precondition', `the commit has no file ${wanted.dockerfile}`);
    const context = path.join(folder, 'context');
    await writeFiles(fetched, context);
    const { images: bases, unknown } = dockerfileBases(text);
    for (const name of unknown)
      throw new DomainError('precondition', `the Dockerfile begins with ${name}, which has no value`);
    for (const [position, name] of bases.entries())
      await bring(building, outbound, name, path.join(folder, `base-${position}`), images.spaceMegabytes * 1024 ** 2);
    // not in the context, where a link may have its name
    const dockerfile = path.join(folder, 'Dockerfile');
    await writeFile(dockerfile, text);
    await buildImage(building, dockerfile, context);
    const target = `${wanted.registry_url}:${wanted.image_tag}`;
    onLine(`to ${target}`);
    const digest = await pushImage(building, target, registry);
    onLine(digest);
    return { digest };
  } catch (error) {
    either.throwIfAborted(); // why it was ended, and not how that looked
    throw error;
  } finally {
    stopWatch();
    await rm(folder, { recursive: true, force: true });
  }
}

const fetchLimits = { packBytes: 64 * 1024 ** 2, bytes: 192 * 1024 ** 2, files: 50_000 };

async function bring(
  building: Building,
  outbound: Outbound,
  name: string,
  folder: string,
  maxBytes: number,
): Promise<void> {
  const reference = imageReference(name);
  if (!reference) throw new DomainError('precondition', `${name} names no image`);
  const registry = new Registry(outbound, reference, building.signal);
  try {
    const { digest, bytes } = await pullImage(registry, reference.reference, folder, maxBytes);
    building.onLine(`${reference.full} is ${digest}, ${bytes} bytes`);
  } catch (error) {
    if (error instanceof DomainError)
      throw new DomainError(error.kind, `${reference.full}: ${error.message}`, {}, { cause: error });
    throw error;
  }
  await importImage(building, folder, reference.full);
  await rm(folder, { recursive: true, force: true });
}

function problemOf(error: unknown, seconds: number): string {
  if (error instanceof DomainError) return error.message;
  if (error instanceof DOMException && error.name === 'TimeoutError') return `it took longer than ${seconds} seconds`;
  throw error;
}

async function beginImage(
  database: Database,
  imageId: string,
  builder: string,
  prefix: string,
): Promise<Wanted | null> {
  return asSystem(database, 'image: build', async (db) => {
    const { rows } = await sql`select * from app.begin_image(${imageId}::uuid, ${builder}, ${prefix})`.execute(db);
    const begun = wantedImage.safeParse(rows[0]);
    return begun.success ? begun.data : null;
  });
}

async function logImage(database: Database, { id, attempt }: Wanted, lines: readonly string[]): Promise<boolean> {
  return asSystem(database, 'image: build', async (db) => {
    const { rows } = await sql<{ wanted: boolean }>`
      select app.log_image(${id}::uuid, ${attempt}::integer, ${lines}::text[]) as wanted`.execute(db);
    return rows[0]?.wanted === true;
  });
}

/** `attempt` null: whoever is at it, it is over. */
export async function finishImage(
  database: Database,
  imageId: string,
  attempt: number | null,
  { digest = null, problem = null }: { readonly digest?: string | null; readonly problem?: string | null },
): Promise<boolean> {
  return asSystem(database, 'image: build', async (db) => {
    const { rows } = await sql<{ ended: boolean }>`
      select app.finish_image(${imageId}::uuid, ${attempt}::integer, ${digest}, ${problem}) as ended`.execute(db);
    return rows[0]?.ended === true;
  });
}
