import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { DomainError } from '@granary/domain';
import { runProgram } from '../run-program.ts';
import { withoutNetwork } from '../sql-edge/confine.ts';

const run = promisify(execFile);

/** How commands of a Dockerfile (RUN) are run: not at all, or as buildah's isolation of this name. */
export type RunIsolation = 'off' | 'chroot' | 'oci';

export interface Building {
  /** Empty, and this build's alone; removed by the caller. */
  readonly folder: string;
  readonly isolation: RunIsolation;
  readonly signal: AbortSignal;
  onLine(line: string): void;
}

/** What builds images here, as `buildah 1.28.2`; null where there is nothing. */
export async function findBuilder(): Promise<string | null> {
  const said = await run('buildah', ['--version']).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const version = /version (\S+)/.exec(said)?.[1];
  return version === undefined ? null : `buildah ${version}`;
}

/** Puts an image from a folder of this build's (OCI layout, its name in small letters) where `build` finds it under its name. */
export async function importImage(building: Building, layout: string, name: string): Promise<void> {
  const { lines } = await buildah(building, ['pull', '--quiet', `oci:${path.relative(building.folder, layout)}`], {
    hasNetwork: false,
  });
  const id = lines.findLast((line) => /^[0-9a-f]{64}$/.test(line.trim()))?.trim();
  if (id === undefined) throw new DomainError('precondition', `${name} is no image that the builder takes`);
  // one that is named by its digest is found by that, whatever its tag
  await buildah(building, ['tag', id, name.replace(/@.*$/, ':latest')], { hasNetwork: false });
}

/**
 * Builds an image of the folder `context` by a Dockerfile, without network and from no image but those that were put there before. Its
 * commands run as the isolation has it: with `off` the program that would run them does nothing but fail, whatever the Dockerfile says.
 */
export async function buildImage(building: Building, dockerfile: string, context: string): Promise<void> {
  const isolation =
    building.isolation === 'off'
      ? ['--isolation', 'oci', '--runtime', '/bin/false']
      : ['--isolation', building.isolation];
  await buildah(
    building,
    [
      'build',
      '--pull-never',
      '--no-cache',
      '--network',
      'none',
      ...isolation,
      '--file',
      dockerfile,
      '--tag',
      built,
      context,
    ],
    { hasNetwork: false },
  );
}

/** Puts the image that was built into a registry. Returns its digest there. */
export async function pushImage(
  building: Building,
  target: string,
  registry: { readonly isSecure: boolean; readonly authFile: string | undefined },
): Promise<string> {
  const file = path.join(building.folder, 'digest');
  const options = ['--digestfile', file, `--tls-verify=${registry.isSecure}`];
  if (registry.authFile !== undefined) options.push('--authfile', registry.authFile);
  await buildah(building, ['push', '--quiet', ...options, built, `docker://${target}`], { hasNetwork: true });
  const { stdout } = await run('cat', [file]);
  const digest = /^sha256:[0-9a-f]{64}$/.exec(stdout.trim())?.[0];
  if (digest === undefined) throw new DomainError('unavailable', 'the builder did not say the digest');
  return digest;
}

const built = 'localhost/built:latest';

/** Runs it with folders of this build's alone; what it says goes to the log, line by line. Throws DomainError for a failure. */
async function buildah(
  { folder, signal, onLine }: Building,
  words: readonly string[],
  { hasNetwork }: { readonly hasNetwork: boolean },
): Promise<{ readonly lines: readonly string[] }> {
  const [storage, state, temporary] = ['storage', 'state', 'temporary'].map((name) => path.join(folder, name));
  for (const each of [storage, state, temporary]) await mkdir(each ?? '', { recursive: true });
  const own = ['--root', storage ?? '', '--runroot', state ?? '', '--storage-driver', 'vfs'];
  const through = hasNetwork ? [] : await withoutNetwork();
  if (!hasNetwork && through.length === 0)
    throw new DomainError(
      'unavailable',
      'this worker cannot take the network from a build: it needs Linux with unshare',
    );
  // dies with us: the folder is swept when we begin again
  const { code, lines } = await runProgram(
    [...through, 'setpriv', '--pdeathsig', 'KILL', '--', 'buildah', ...own, ...words],
    {
      folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: temporary ?? '', XDG_RUNTIME_DIR: state ?? '' },
      signal,
      onLine,
    },
  );
  if (code !== 0)
    throw new DomainError(
      'precondition',
      `the builder failed: ${(lines.at(-1) ?? `it ended with ${code}`).slice(0, 1000)}`,
    );
  return { lines };
}
