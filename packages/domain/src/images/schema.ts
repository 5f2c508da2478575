import { z } from 'zod';
import { commitId } from '../code/schema.ts';

export const imageTag = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, 'is no tag of an image')
  .meta({ description: 'As v1.0.0' });

/** A path in the repository, from its top. */
export const dockerfile = z
  .string()
  .min(1)
  .max(500)
  .regex(/^(?!\/)(?!.*(?:^|\/)\.{1,2}(?:\/|$))[^\p{Cc}\\]+$/u, 'is no path within the repository');

/** A host and a name in it, as the Distribution Specification has names (https://github.com/opencontainers/distribution-spec). */
export const registryUrl = z
  .string()
  .max(500)
  .regex(
    /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z0-9-]+|[a-z0-9-]+(?:\.[a-z0-9-]+)*(?=:)|\[[0-9a-f:]+\])(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+$/,
    'is no host and name of an image, as registry.example/team/app',
  );
export const imageDigest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'is no digest, as sha256:…');
export const buildStatus = z.enum(['pending', 'success', 'failed']);

export const image = z
  .object({
    id: z.uuid(),
    blockId: z.uuid().nullable(),
    edgeId: z.uuid().nullable(),
    repositoryId: z.uuid().nullable(),
    commitId: z.string(),
    origin: z.enum(['built', 'reported']).meta({ description: 'By the worker here, or elsewhere and then reported' }),
    imageTag: z.string(),
    registryUrl: z.string().nullable().meta({ description: 'Host and name; null until a build begins' }),
    dockerfile: z.string(),
    builder: z.string().nullable(),
    buildStatus,
    problem: z.string().nullable().meta({ description: 'Why it failed' }),
    digest: z.string().nullable().meta({ description: 'What the build or the report said' }),
    digestCheck: z
      .enum(['matches', 'differs', 'unknown'])
      .nullable()
      .meta({ description: 'What the registry has under the tag; null until it was asked' }),
    digestProblem: z.string().nullable(),
    digestCheckedAt: z.string().nullable(),
    requestedBy: z.uuid().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
    startedAt: z.string().nullable(),
    finishedAt: z.string().nullable(),
  })
  .meta({ id: 'Image' });

export const imageLog = z.object({ number: z.int(), at: z.string(), message: z.string() }).meta({ id: 'ImageLog' });

/** What is said of an image that was built elsewhere: the body of a signed request. */
export const imageReport = z.strictObject({
  commit: commitId,
  tag: imageTag,
  registry: registryUrl,
  status: buildStatus,
  digest: imageDigest.nullable().default(null),
  builder: z.string().max(100).nullable().default(null),
  dockerfile: dockerfile.default('Dockerfile'),
  problem: z.string().max(2000).nullable().default(null),
  logs: z
    .array(z.string())
    .max(10_000)
    .default([])
    .meta({ description: 'Lines to add; what is longer than 2,000 characters is cut' }),
});
