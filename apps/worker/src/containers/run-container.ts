import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DomainError } from '@granary/domain';
import { watchSpace } from '../images/watch-space.ts';
import { runProgram } from '../run-program.ts';
import type { SandboxLimits } from '../sql-edge/limits.ts';

export interface ContainerRun {
  /** podman, with options of the operator's. */
  readonly runtime: readonly string[];
  /** Empty, this run's alone, and of nobody but us; removed by the caller. */
  readonly folder: string;
  /** An image as the OCI Image Layout Specification has it. */
  readonly layout: string;
  /** What it may take, unpacked. */
  readonly imageMegabytes: number;
  readonly command: readonly string[];
  /** Seen in the container as /granary/inputs, for reading, and as /granary/output. */
  readonly inputs: string;
  readonly output: string;
  /** Who it runs as: the owner of both. */
  readonly uid: number;
  readonly limits: SandboxLimits;
  readonly signal: AbortSignal;
  onLine(line: string): void;
}

const megabyte = 1024 * 1024;
const temporaryMegabytes = 256;
const mostProcesses = 128;
const unpackSeconds = 600;
/** podman takes no longer path than 50 characters for its state: in the mount namespace of its own, the folder is here. */
const stateThere = '/run/granary';
const mountState = `mkdir -p ${stateThere} && mount --bind "$0" ${stateThere} && exec "$@"`;

/**
 * Runs a stranger's image to its end: without network, rights, devices or anything of the machine that it could write to but one folder.
 * It is in a process namespace whose first process dies with this one, so that nothing of it goes on when we are killed.
 *
 * @throws {DomainError} `invalid` for a container that failed; `limit_reached` for one that took too long or too much space
 */
export async function runContainer(run: ContainerRun): Promise<void> {
  const { uid, limits } = run;
  const id = await imported(run);
  const tooMuch = new AbortController();
  const stopWatch = watchSpace(run.output, limits.spaceMegabytes, () =>
    tooMuch.abort(new DomainError('limit_reached', `the container wrote more than ${limits.spaceMegabytes} MB`)),
  );
  const time = AbortSignal.timeout(limits.seconds * 1000);
  const memory = `${limits.memoryMegabytes}m`;
  try {
    const { code, lines } = await podman({ ...run, signal: AbortSignal.any([run.signal, tooMuch.signal, time]) }, [
      'run',
      '--rm',
      '--pull=never',
      '--network=none',
      '--read-only',
      '--read-only-tmpfs=false',
      '--image-volume=ignore', // it would be a folder that nobody counts
      '--systemd=false',
      '--no-healthcheck',
      `--tmpfs=/tmp:rw,nosuid,nodev,size=${temporaryMegabytes}m,mode=1777`,
      '--cap-drop=all',
      '--security-opt=no-new-privileges',
      '--log-driver=none',
      `--user=${uid}:${uid}`,
      `--memory=${memory}`,
      `--memory-swap=${memory}`,
      '--cpus=1',
      `--pids-limit=${mostProcesses}`,
      `--ulimit=nproc=${mostProcesses}:${mostProcesses}`,
      '--ulimit=nofile=1024:1024',
      '--ulimit=core=0:0',
      `--ulimit=fsize=${limits.spaceMegabytes * megabyte}:${limits.spaceMegabytes * megabyte}`,
      `--volume=${run.inputs}:/granary/inputs:ro,nosuid,nodev,noexec`,
      `--volume=${run.output}:/granary/output:rw,nosuid,nodev,noexec`,
      '--workdir=/granary/output',
      id,
      ...run.command,
    ]);
    if (code !== 0) throw new DomainError('invalid', failure(code, lines, limits));
  } catch (error) {
    run.signal.throwIfAborted();
    tooMuch.signal.throwIfAborted();
    if (time.aborted)
      throw new DomainError('limit_reached', `the container took longer than ${limits.seconds} seconds`);
    throw error;
  } finally {
    stopWatch();
  }
}

/** Unpacks the image into the folder. Returns its id. */
async function imported(run: ContainerRun): Promise<string> {
  const { folder, layout, imageMegabytes } = run;
  const tooMuch = new AbortController();
  const stopWatch = watchSpace(folder, imageMegabytes, () =>
    tooMuch.abort(new DomainError('limit_reached', `the image takes more than ${imageMegabytes} MB`)),
  );
  const signal = AbortSignal.any([run.signal, tooMuch.signal, AbortSignal.timeout(unpackSeconds * 1000)]);
  try {
    const words = ['pull', '--quiet', `oci:${path.relative(folder, layout)}`];
    const { code, lines } = await podman({ ...run, signal, onLine: () => {} }, words);
    const id = lines.findLast((line) => /^[0-9a-f]{64}$/.test(line.trim()))?.trim();
    if (code === 0 && id !== undefined) return id;
    throw new DomainError('precondition', `the image cannot be used: ${(lines.at(-1) ?? '').slice(0, 1000)}`);
  } catch (error) {
    run.signal.throwIfAborted();
    tooMuch.signal.throwIfAborted();
    if (signal.aborted) throw new DomainError('limit_reached', `the image is not unpacked within ${unpackSeconds} s`);
    throw error;
  } finally {
    stopWatch();
  }
}

function failure(code: number | string | null, lines: readonly string[], { memoryMegabytes }: SandboxLimits): string {
  const last = lines.at(-1);
  const how = `the container ended with ${code}${last === undefined ? '' : `: ${last.slice(0, 500)}`}`;
  return code === 137 ? `${how} (it was killed; it may have ${memoryMegabytes} MB of memory)` : how;
}

async function podman({ runtime, folder, signal, onLine }: ContainerRun, words: readonly string[]) {
  const folders = ['storage', 'state', 'temporary'].map((name) => path.join(folder, name));
  for (const each of folders) await mkdir(each, { recursive: true });
  const [storage = '', state = '', temporary = ''] = folders;
  const apart = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];
  const own = ['--root', storage, '--runroot', stateThere, '--storage-driver', 'vfs', '--tmpdir', temporary];
  return runProgram(
    [
      ...['setpriv', '--pdeathsig', 'KILL', '--', ...apart, 'sh', '-c', mountState, state],
      ...[...runtime, ...own, '--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
      ...words,
    ],
    { folder, env: { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: temporary }, signal, onLine },
  );
}
