import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '@granary/domain';
import { OutboundError } from '@granary/outbound';
import { z } from 'zod';
import type { Manifest, Registry } from './registry.ts';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const descriptor = z.object({ mediaType: z.string(), digest, size: z.int().min(0) });
const index = z.object({
  manifests: z
    .array(descriptor.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }))
    .max(1000),
});
const manifest = z.object({ config: descriptor, layers: z.array(descriptor).max(500) });
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Fetches an image for this machine into a folder, as the OCI Image Layout Specification has it, so that the builder needs no network.
 * Everything is held against its digest.
 *
 * @returns its digest and how many bytes came
 * @throws {DomainError} `precondition` for what is no image, none for this machine, or larger than `maxBytes`
 */
export async function pullImage(
  registry: Registry,
  reference: string,
  folder: string,
  maxBytes: number,
): Promise<{ readonly digest: string; readonly bytes: number }> {
  const found = await forThisMachine(registry, await registry.manifest(reference));
  const { config, layers } = parsed(manifest, found);
  const wanted = [...new Map([config, ...layers].map((each) => [each.digest, each])).values()];
  const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
  if (bytes > maxBytes) throw new DomainError('precondition', `the image has more than ${maxBytes} bytes`);
  const blobs = path.join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  for (const each of wanted) await fetchBlob(registry, each, blobs);
  await writeFile(path.join(blobs, found.digest.slice('sha256:'.length)), found.bytes);
  await writeFile(path.join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const described = { mediaType: found.mediaType, digest: found.digest, size: found.bytes.length };
  await writeFile(path.join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [described] }));
  return { digest: found.digest, bytes };
}

async function forThisMachine(registry: Registry, found: Manifest): Promise<Manifest> {
  if (!/(?:image\.index|manifest\.list)/.test(found.mediaType)) return found;
  const fitting = parsed(index, found).manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === architectures[process.arch],
  );
  if (!fitting) throw new DomainError('precondition', 'the image is none for this machine');
  return registry.manifest(fitting.digest);
}

async function fetchBlob(registry: Registry, { digest: wanted, size }: z.output<typeof descriptor>, blobs: string) {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const body = await registry.blob(wanted, size + 1);
    await pipeline(body, hashing, createWriteStream(path.join(blobs, wanted.slice('sha256:'.length))));
  } catch (error) {
    if (error instanceof OutboundError) throw new DomainError('unavailable', error.message, {}, { cause: error });
    throw error;
  }
  if (`sha256:${hash.digest('hex')}` !== wanted)
    throw new DomainError('precondition', 'the registry sent something of another digest');
}

function parsed<T>(schema: z.ZodType<T>, { bytes }: Manifest): T {
  try {
    return schema.parse(JSON.parse(bytes.toString()));
  } catch (cause) {
    throw new DomainError('precondition', 'what the registry has is no image', {}, { cause });
  }
}
