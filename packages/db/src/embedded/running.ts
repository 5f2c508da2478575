import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { superuser } from './account.ts';
import type { Cluster } from './cluster.ts';
import { EmbeddedPostgresError } from './errors.ts';

export interface Running {
  readonly pid: number;
  readonly port: number;
}

interface PidFile extends Running {
  readonly status: string;
}

/** The cluster's server, if one answers. A pid file may be stale and its port another's, so ask who listens. */
export async function findRunning(cluster: Cluster): Promise<Running | undefined> {
  const candidate = await readPidFile(cluster);
  if (candidate?.status !== 'ready') return undefined;
  const { pid, port } = candidate;
  const client = new pg.Client({
    connectionString: connectionUrl(cluster, port, superuser, 'postgres'),
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => {}); // it may be shutting down at this moment
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === cluster.data ? { pid, port } : undefined;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '28P01' && (await isOurs(cluster, pid))) {
      throw new EmbeddedPostgresError(`the running server refuses the password in ${cluster.home}/passwords.json`);
    }
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Whether a server of this cluster is alive, ready or not. Removes a pid file whose number a kill -9 or a reboot left
 * to some other process of ours, which PostgreSQL would take for the server and refuse to start.
 */
export async function isOccupied(cluster: Cluster): Promise<boolean> {
  const found = await readPidFile(cluster);
  if (!found || !isAlive(found.pid)) return false; // PostgreSQL replaces a dead process' file itself
  if (await isOurs(cluster, found.pid)) return true;
  // aside first: between reading and now, another starter may have put a good file in its place
  const aside = `${pidFile(cluster)}.${randomUUID()}`; // this process may look several times at once
  await rename(pidFile(cluster), aside).catch(() => {});
  const moved = parsePidFile(await readFile(aside, 'utf8').catch(() => ''));
  if (moved && moved.pid !== found.pid) await rename(aside, pidFile(cluster));
  else await rm(aside, { force: true });
  return false;
}

/** Whether the process serves this cluster; a zombie, which has no command line any more, does not. */
export async function isOurs(cluster: Cluster, pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(async () => {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
      stdout: '',
    }));
    return stdout;
  });
  return command.includes(cluster.data);
}

/** False for a process of another account, too: we could not signal it anyway. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function readPidFile(cluster: Cluster): Promise<PidFile | undefined> {
  return parsePidFile(await readFile(pidFile(cluster), 'utf8').catch(() => ''));
}

/** postmaster.pid: pid, data directory, start time, port, socket folder, address, shared memory key, status. */
function parsePidFile(text: string): PidFile | undefined {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? '' } : undefined;
}

function pidFile(cluster: Cluster): string {
  return path.join(cluster.data, 'postmaster.pid');
}

export function connectionUrl(
  cluster: Cluster,
  port: number,
  user: keyof Cluster['passwords'],
  database: string,
): string {
  return `postgres://${user}:${cluster.passwords[user]}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}
