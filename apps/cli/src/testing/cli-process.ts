import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { CliRun } from './run-cli.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

/** `granary …` as a process of its own, to its end. */
export async function runCliProcess(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliRun> {
  const child = spawnCli(args, env);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, stdout, stderr };
}

export interface CliProcess {
  readonly pid: number;
  /** What it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Resolves when it has written that; rejects with all that it wrote when it ends without. */
  written(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it is gone. */
  readonly ended: Promise<number | null>;
}

/** The same, to be listened to and signalled; told to stop when the test ends. */
export function startCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): CliProcess {
  const child = spawnCli(args, env);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      output[name] += piece;
      child.emit('written');
    });
  const ended = once(child, 'close').then(() => child.exitCode);
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  onTestFinished(async () => {
    kill('SIGTERM');
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    output,
    ended,
    kill,
    async written(pattern) {
      let isOver = false;
      const over = ended.then(() => {
        isOver = true;
      });
      while (!pattern.test(output.stdout + output.stderr)) {
        if (isOver) throw new Error(`it ended without ${pattern}:\n${output.stdout}${output.stderr}`);
        await Promise.race([once(child, 'written'), over]);
      }
    },
  };
}

function spawnCli(args: readonly string[], env: NodeJS.ProcessEnv) {
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
