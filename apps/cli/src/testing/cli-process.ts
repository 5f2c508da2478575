import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { CliRun } from './run-cli.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** `granary …` as a process of its own, to its end. */
export async function runCliProcess(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliRun> {
  const child = spawnCli(args, env);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, stdout, stderr };
}

/** The same, to be signalled and listened to. */
export function spawnCli(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [main, ...args], {
    env: { ...withoutSettings(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A developer's own settings must not decide a test. What is set but empty is as good as not set, also for .env. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^GRANARY_(?!PG_CACHE$)/.test(name));
  return { ...Object.fromEntries(kept), DATABASE_URL: '' };
}
