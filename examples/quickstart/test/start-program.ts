import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export interface RunningProgram {
  /** The fields of the log line that was waited for. */
  readonly ready: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

const logLine = z.looseObject({ msg: z.string() });

/** Runs a module as a process of its own; resolves when it has logged that it is ready. */
export async function startProgram(
  module: string,
  env: Record<string, string>,
  readyMessage: string,
): Promise<RunningProgram> {
  const child = spawn(process.execPath, [fileURLToPath(module)], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const logged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    logged.push(line);
    const fields = logLine.safeParse(parse(line)).data;
    if (fields?.msg !== readyMessage) continue;
    child.stdout.resume(); // a full pipe would stop it
    return {
      ready: fields,
      async stop() {
        child.kill('SIGTERM');
        await exited;
      },
    };
  }
  throw new Error(`${module} ended before it was ready:\n${logged.join('\n')}`);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
