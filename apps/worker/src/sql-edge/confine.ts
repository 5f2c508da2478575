import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DomainError } from '@granary/domain';
import type { SandboxLimits } from './limits.ts';

const run = promisify(execFile);
const ownIds = 1_879_048_192; // from here on a user is one process's alone (child/drop-privileges.ts)
const watchInterval = 100; // milliseconds
const pageKilobytes = 4;

export interface Confined {
  readonly pid: number;
  readonly uid: number;
  readonly dataKilobytes: number;
}

/**
 * Has the operating system bound a process: memory (DuckDB counts only some of its own), the size of files, descriptors, and
 * threads where its user has no other process. Rejects with DomainError unavailable where that cannot be: SQL of tenants then
 * does not run.
 */
export async function confine({ pid, uid, dataKilobytes }: Confined, limits: SandboxLimits): Promise<void> {
  const megabyte = 1024 * 1024;
  const limit = [
    `--data=${dataKilobytes * 1024 + limits.memoryMegabytes * megabyte}`,
    `--fsize=${limits.spaceMegabytes * megabyte}`,
    '--core=0',
    '--nofile=64',
    ...(uid >= ownIds ? ['--nproc=64'] : []),
  ];
  await run('prlimit', [`--pid=${pid}`, ...limit]).catch((error: unknown) => {
    throw new DomainError('unavailable', 'this worker cannot bound the memory of SQL: it needs Linux with prlimit', {
      cause: error instanceof Error ? error.message : String(error),
    });
  });
}

let way: Promise<readonly string[]> | undefined;

/** What takes the network from a process before it begins, as far as the machine lets us: a program to start it through. */
export const withoutNetwork = (): Promise<readonly string[]> => {
  way ??= findWay();
  return way;
};

async function findWay(): Promise<readonly string[]> {
  for (const through of [
    ['unshare', '--net', '--'],
    ['unshare', '--user', '--net', '--'],
  ]) {
    const [program = '', ...args] = through;
    const works = await run(program, [...args, 'true']).then(
      () => true,
      () => false,
    );
    if (works) return through;
  }
  return [];
}

/** Calls back when a process has more resident memory than it should, whatever it counts as. Returns what ends the watch. */
export function watchMemory(pid: number, kilobytes: number, onTooMuch: () => void): () => void {
  const timer = setInterval(async () => {
    const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
    if (Number(statm.split(' ')[1]) * pageKilobytes > kilobytes) onTooMuch();
  }, watchInterval);
  return () => clearInterval(timer);
}
