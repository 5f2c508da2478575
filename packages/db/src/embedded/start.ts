import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedUser, serverAccount } from './account.ts';
import { installBinaries } from './binaries.ts';
import { openCache } from './cache.ts';
import { type Cluster, cannotRun, openCluster } from './cluster.ts';
import { EmbeddedPostgresError } from './errors.ts';
import { prepareLocation } from './location.ts';
import { choosePort } from './ports.ts';
import { connectionUrl, findRunning, isOccupied, isOurs, type Running, readPidFile } from './running.ts';

export interface EmbeddedOptions {
  /** Where the data persists, e.g. `<repository>/.granary/postgres`. */
  readonly directory: string;
  /** False for tests only: fsync and full-page writes matter when the machine loses power. */
  readonly durable: boolean;
  /** Told where the data went when `directory` cannot hold it. */
  readonly onNotice?: (text: string) => void;
}

export interface EmbeddedPostgres {
  readonly port: number;
  readonly pid: number;
  readonly dataDirectory: string;
  /** True when a server that an earlier (perhaps killed) process started was found and kept. */
  readonly reused: boolean;
  /** A connection URL with the user's generated password. */
  url(user: EmbeddedUser, database: string): string;
  /** Fast shutdown: aborts transactions, writes a checkpoint, and resolves when the server is gone. */
  stop(): Promise<void>;
  /** Stops the server and deletes its data for good, wherever they are kept. For temporary databases. */
  remove(): Promise<void>;
}

const patience = 120_000; // after a kill -9, recovery replays up to a gigabyte of log

/**
 * Starts PostgreSQL 17 on `directory`, or finds the server that already runs there. It listens on loopback only, asks
 * everybody for a password, and outlives this process unless `stop` is called.
 * Throws UnsupportedPlatformError or EmbeddedPostgresError with a message for the operator.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const bin = await installBinaries(await openCache());
  const account = await serverAccount(options.directory);
  const directory = await prepareLocation(options.directory, account, options.onNotice ?? (() => {}));
  const cluster = await openCluster(bin, directory, account);

  // Again, because our child exits when a sibling won the race for postmaster.pid, or when its port was taken
  // in the meantime; and because a server that is shutting down or recovering cannot be used yet.
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(100)) {
    const found = await findRunning(cluster);
    if (found) return handle(cluster, options.directory, found, true);
    if (await isOccupied(cluster)) continue;
    const child = await spawnServer(cluster, await choosePort(cluster.home), options.durable);
    const alive = () => Date.now() < deadline && child.exitCode === null && child.signalCode === null;
    const running = await waitUntilReady(cluster, alive);
    if (!running) continue;
    await writeFile(path.join(cluster.home, 'port'), String(running.port));
    return handle(cluster, options.directory, running, running.pid !== child.pid);
  }
  throw new EmbeddedPostgresError(`PostgreSQL did not become ready; see ${logFile(cluster)}`);
}

async function spawnServer(cluster: Cluster, port: number, durable: boolean) {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    shared_preload_libraries: 'pg_stat_statements',
    wal_level: 'logical',
    max_connections: '200',
    timezone: 'UTC',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const log = await open(logFile(cluster), 'a', 0o600);
  // detached, logging to a file: the server must survive its parent's Ctrl-C, exit or SIGKILL
  const child = spawn(path.join(cluster.bin, 'postgres'), ['-D', cluster.data, ...args], {
    ...cluster.account,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn').catch((error) => {
    throw cannotRun(error);
  });
  child.unref();
  await log.close();
  return child;
}

async function waitUntilReady(cluster: Cluster, alive: () => boolean): Promise<Running | undefined> {
  while (alive()) {
    const running = await findRunning(cluster);
    if (running) return running;
    await sleep(20);
  }
  return findRunning(cluster);
}

function handle(cluster: Cluster, directory: string, { pid, port }: Running, reused: boolean): EmbeddedPostgres {
  return {
    pid,
    port,
    dataDirectory: cluster.data,
    reused,
    url: (user, database) => connectionUrl(cluster, port, user, database),
    stop: () => stop(cluster, pid),
    remove: async () => {
      await stop(cluster, pid);
      await rm(path.dirname(cluster.home), { recursive: true, force: true });
      await rm(directory, { recursive: true, force: true }); // the link to it, where there is one
    },
  };
}

async function stop(cluster: Cluster, pid: number): Promise<void> {
  const file = await readPidFile(cluster);
  if (file?.pid !== pid) return; // it stopped earlier, and the number may be another process' by now
  for (let signal: NodeJS.Signals | 0 = 'SIGINT'; await isOurs(cluster, pid); signal = 0) {
    if (signal) signalServer(pid, signal);
    await sleep(10);
    if ((await readPidFile(cluster))?.pid !== pid) return;
  }
}

/** It may have ended since somebody looked. */
function signalServer(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function logFile(cluster: Cluster): string {
  return path.join(cluster.home, 'postgres.log');
}
