import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import type { Scratch } from './scratch.ts';

/** The API on a scratch database, as in production, or another script of it. */
export function startApi(
  { folder, logins }: Scratch,
  port: number,
  { script = '../../apps/api/src/main.ts', args = [] }: { script?: string; args?: readonly string[] } = {},
): ChildProcess {
  return spawn(process.execPath, [path.join(import.meta.dirname, script), ...args], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      GRANARY_API_DATABASE_URL: logins.api,
      GRANARY_IDENTITY_DATABASE_URL: logins.identity,
      GRANARY_DATA_DIR: path.join(folder, 'objects'),
      GRANARY_API_PORT: String(port),
      GRANARY_LOG_LEVEL: 'info', // as in production: what it costs to log a request is part of the figure
      GRANARY_RATE_LIMIT_PER_MINUTE: '100000000',
      GRANARY_DB_POOL_SIZE: '8',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Resolves when it answers. */
export async function listening(child: ChildProcess, port: number, at: string): Promise<ChildProcess> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`a server ended with ${child.exitCode}`);
    const ok = await fetch(`http://127.0.0.1:${port}${at}`).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}

/** Requests over kept connections, read to the end; anything but 200 is an error. */
export function request(port: number, at: string, headers: Record<string, string>): () => Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  return () =>
    new Promise((resolve, reject) => {
      const sent = http.get({ host: '127.0.0.1', port, path: at, headers, agent }, (response) => {
        response.resume();
        response.once('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`${at}: ${response.statusCode}`)),
        );
      });
      sent.once('error', reject);
    });
}

export async function stop(...children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}
