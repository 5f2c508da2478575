import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { superuser } from './account.ts';
import type { Cluster } from './cluster.ts';

export interface Running {
  readonly pid: number;
  readonly port: number;
}

export const pidFile = (cluster: Cluster): string => path.join(cluster.data, 'postmaster.pid');

/** The cluster's server, if one answers. A pid file may be stale and its port another's, so ask who listens. */
export async function findRunning(cluster: Cluster): Promise<Running | undefined> {
  const candidate = parsePidFile(await readFile(pidFile(cluster), 'utf8').catch(() => ''));
  if (candidate?.status !== 'ready') return undefined;
  const client = new pg.Client({
    connectionString: connectionUrl(cluster, candidate.port, superuser, 'postgres'),
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => {}); // it may be shutting down at this moment
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === cluster.data ? { pid: candidate.pid, port: candidate.port } : undefined;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

/** postmaster.pid: pid, data directory, start time, port, socket folder, address, shared memory key, status. */
export function parsePidFile(text: string): (Running & { status: string }) | undefined {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]), status: lines[7]?.trim() ?? '' } : undefined;
}

export function connectionUrl(
  cluster: Cluster,
  port: number,
  user: keyof Cluster['passwords'],
  database: string,
): string {
  return `postgres://${user}:${cluster.passwords[user]}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}
