import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { whyNoContainers } from '../src/containers/containers.ts';
import { runContainer } from '../src/containers/run-container.ts';
import { defaultLimits } from '../src/sql-edge/limits.ts';

const run = promisify(execFile);
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
};
type ImagePart = { readonly digest: string; readonly bytes: Buffer };

/** An image that has a shell and nothing else, made of the machine's busybox; null where that needs libraries, or is not there. */
async function shellImage() {
  const { stdout: busybox } = await run('sh', ['-c', 'command -v busybox']).catch(() => ({ stdout: '' }));
  if (busybox === '' || (await run('ldd', [busybox.trim()]).catch(() => null)) !== null) return null;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'granary-image-'));
  try {
    await mkdir(path.join(folder, 'bin'));
    for (const name of ['busybox', 'sh']) await copyFile(busybox.trim(), path.join(folder, 'bin', name));
    const { stdout: layer } = await run('tar', ['-C', folder, '-cf', '-', 'bin'], {
      encoding: 'buffer',
      maxBuffer: 1 << 26,
    });
    const part = (bytes: Buffer): ImagePart => ({ digest: digestOf(bytes), bytes });
    const json = (value: object) => part(Buffer.from(JSON.stringify(value)));
    const described = (type: string, { digest, bytes }: ImagePart) => ({ mediaType: type, digest, size: bytes.length });
    const layers = part(layer);
    const config = json({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [layers.digest] },
    });
    const manifest = json({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: described(types.config, config),
      layers: [described(types.layer, layers)],
    });
    return { manifest, blobs: [config, layers], type: types.manifest };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const image = await shellImage();

/** The first of these that runs a container on this machine. */
async function findRuntime(): Promise<{ readonly command: readonly string[] | null; readonly why: string }> {
  if (!image) return { command: null, why: 'there is no busybox without libraries (package busybox-static)' };
  let why = '';
  for (const command of [['podman'], ['podman', '--runtime', 'runc']]) {
    why = (await whyNoContainers(command)) ?? (await whyNotRun(command, image));
    if (why === '') return { command, why };
  }
  return { command: null, why };
}

async function whyNotRun(command: readonly string[], { manifest, blobs, type }: NonNullable<typeof image>) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'granary-container-'));
  const [layout, inputs, output] = ['image', 'inputs', 'output'].map((name) => path.join(folder, name));
  try {
    const kept = path.join(layout ?? '', 'blobs', 'sha256');
    for (const each of [kept, inputs, output]) await mkdir(each ?? '', { recursive: true });
    for (const { digest, bytes } of [manifest, ...blobs]) await writeFile(path.join(kept, digest.slice(7)), bytes);
    await writeFile(path.join(layout ?? '', 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const listed = { mediaType: type, digest: manifest.digest, size: manifest.bytes.length };
    await writeFile(path.join(layout ?? '', 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [listed] }));
    await runContainer({
      ...{
        runtime: command,
        folder,
        layout: layout ?? '',
        inputs: inputs ?? '',
        output: output ?? '',
        uid: 65_534,
        imageMegabytes: 64,
      },
      command: ['/bin/sh', '-c', 'true'],
      limits: { ...defaultLimits, seconds: 60 },
      signal: AbortSignal.timeout(120_000),
      onLine: () => {},
    });
    return '';
  } catch (error) {
    return `${command.join(' ')}: ${error instanceof Error ? error.message : error}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const runtime = await findRuntime();
if (!runtime.command) process.stderr.write(`skipped: containers do not run here: ${runtime.why}\n`);
