import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestDatabase } from '@granary/db/testing';
import { onTestFinished } from 'vitest';

export interface ApiProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** The lines logged so far. */
  readonly lines: readonly string[];
  /** Resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** The deployable itself, as operators start it; resolves when it listens, throws with its log when it ends before. */
export async function startApiProcess(
  database: TestDatabase,
  dataDirectory: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ApiProcess> {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      GRANARY_API_DATABASE_URL: database.url('granary_api'),
      GRANARY_IDENTITY_DATABASE_URL: database.url('granary_identity'),
      GRANARY_API_PORT: '0',
      GRANARY_DATA_DIR: dataDirectory,
      GRANARY_MAX_EVENT_LOOP_DELAY_MS: '0', // many tests at once make any process late
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const end: ApiProcess['end'] = (signal) => {
    child.kill(signal);
    return exited;
  };
  onTestFinished(async () => {
    await end('SIGKILL');
  });

  const lines: string[] = [];
  const listening = Promise.withResolvers<string>();
  const read = (line: string) => {
    lines.push(line);
    const url = /"url":"(http:[^"]+)"/.exec(line)?.[1];
    if (url) listening.resolve(url);
  };
  for (const output of [child.stdout, child.stderr]) createInterface(output).on('line', read);
  exited.then(({ code }) => listening.reject(new Error(`the API ended with ${code}:\n${lines.join('\n')}`)));
  return { url: await listening.promise, child, lines, end };
}
