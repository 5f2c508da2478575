import { spawn } from 'node:child_process';
import { open, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedUser, unprivileged } from './account.ts';
import { installBinaries } from './binaries.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { EmbeddedPostgresError } from './errors.ts';
import { prepareLocation } from './location.ts';
import { choosePort } from './ports.ts';
import { connectionUrl, findRunning, pidFile, type Running } from './running.ts';

export interface EmbeddedOptions {
  /** Where the data persists, e.g. `<repository>/.granary/postgres`. */
  readonly directory: string;
  /** False for tests only: fsync and full-page writes matter when the machine loses power. */
  readonly durable: boolean;
  /** Told where the data went when `directory` is not usable as it is. */
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
}

/**
 * Starts PostgreSQL 17 on `directory`, or finds the server that already runs there. It listens on loopback only,
 * asks for a password always, and outlives this process unless `stop` is called.
 * Throws UnsupportedPlatformError or EmbeddedPostgresError with a message for the operator.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const bin = await installBinaries();
  const directory = await prepareLocation(options.directory, options.onNotice ?? (() => {}));
  const cluster = await openCluster(bin, directory);

  const found = await findRunning(cluster);
  if (found) return handle(cluster, found, true);
  // Again, because our child exits when a sibling won the race for postmaster.pid, when its port was taken in
  // the meantime, or when the last server was SIGKILLed and init has not reaped it yet.
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(100)) {
    const child = await spawnServer(cluster, await choosePort(cluster.home), options.durable);
    const running = await waitUntilReady(cluster, () => child.exitCode === null && child.signalCode === null);
    if (running) {
      await writeFile(path.join(cluster.home, 'port'), String(running.port));
      return handle(cluster, running, running.pid !== child.pid);
    }
  }
  throw new EmbeddedPostgresError(`PostgreSQL did not start; see ${logFile(cluster)}`);
}

async function spawnServer(cluster: Cluster, port: number, durable: boolean) {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    shared_preload_libraries: 'pg_stat_statements',
    wal_level: 'logical',
    max_connections: '200',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const log = await open(logFile(cluster), 'a', 0o600);
  // detached, logging to a file: the server must survive its parent's Ctrl-C, exit or SIGKILL
  const child = spawn(path.join(cluster.bin, 'postgres'), ['-D', cluster.data, ...args], {
    ...unprivileged,
    cwd: '/',
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
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

function handle(cluster: Cluster, { pid, port }: Running, reused: boolean): EmbeddedPostgres {
  return {
    pid,
    port,
    dataDirectory: cluster.data,
    reused,
    url: (user, database) => connectionUrl(cluster, port, user, database),
    stop: () => stop(cluster, pid),
  };
}

async function stop(cluster: Cluster, pid: number): Promise<void> {
  const running = () => stat(pidFile(cluster)).catch(() => undefined);
  for (let signal: NodeJS.Signals | 0 = 'SIGINT'; await running(); signal = 0) {
    try {
      process.kill(pid, signal);
    } catch {
      return; // it crashed earlier and left its pid file behind
    }
    await sleep(10);
  }
}

const logFile = (cluster: Cluster) => path.join(cluster.home, 'postgres.log');
