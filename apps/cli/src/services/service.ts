import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { repository } from '../env.ts';

export interface ServiceOptions {
  readonly name: string;
  /** The program's main file. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}

/** A deployable that runs as a child process. */
export interface Service {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it is gone, with how it ended: `exit code 1`, `SIGKILL`. */
  readonly exited: Promise<string>;
  isAlive(): boolean;
  /** Asks it to finish what it does; kills it when that takes longer. Resolves when it is gone. */
  stop(graceMilliseconds: number): Promise<void>;
  kill(): void;
  /** The end of its log. */
  tail(lines: number): Promise<string>;
}

const followParent = fileURLToPath(new URL('./follow-parent.ts', import.meta.url));

/** Starts it with a log of its own; the log of the time before is kept beside it as `<name>.previous.log`. */
export async function startService({ name, entry, env, logFile }: ServiceOptions): Promise<Service> {
  await mkdir(path.dirname(logFile), { recursive: true, mode: 0o700 });
  await rename(logFile, logFile.replace(/\.log$/, '.previous.log')).catch(() => {});
  const log = await open(logFile, 'w', 0o600);
  const child = spawn(process.execPath, ['--import', followParent, entry], {
    cwd: repository, // where a relative GRANARY_DATA_DIR leads to the same folder for both
    env: { ...env, GRANARY_FOLLOWS: String(process.pid) },
    detached: true, // Ctrl-C in the terminal is for the CLI, which stops its children in order
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  await once(child, 'spawn');
  await log.close();
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const exited = once(child, 'exit').then(() => child.signalCode ?? `exit code ${child.exitCode}`);
  const kill = () => {
    if (isAlive()) child.kill('SIGKILL');
  };
  return {
    name,
    pid: child.pid ?? 0,
    exited,
    isAlive,
    kill,
    async stop(graceMilliseconds) {
      if (!isAlive()) return;
      child.kill('SIGTERM');
      const timer = setTimeout(kill, graceMilliseconds);
      await exited;
      clearTimeout(timer);
    },
    async tail(lines) {
      const text = await readFile(logFile, 'utf8').catch(() => '');
      return text.trimEnd().split('\n').slice(-lines).join('\n');
    },
  };
}
