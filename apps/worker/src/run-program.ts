import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface ProgramOptions {
  /** Where it runs. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends it, with all that it has begun, at once. */
  readonly signal: AbortSignal;
  /** Of either stream, each cut at 2,000 characters. */
  onLine(line: string): void;
}

export interface Ended {
  /** An exit code, or the signal that ended it. */
  readonly code: number | string | null;
  /** The last ones. */
  readonly lines: readonly string[];
}

const longestLine = 2000;
const keptLines = 50;

/** Runs a program that strangers have a say in. Rejects with the signal's reason, or where there is no such program. */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  { folder, env, signal, onLine }: ProgramOptions,
): Promise<Ended> {
  signal.throwIfAborted();
  const child = spawn(program, args, {
    cwd: folder,
    detached: true, // a group of its own, to be ended as one
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      eachLine(stream, (line) => {
        if (lines.push(line) > keptLines) lines.shift();
        onLine(line);
      });
    const code = await new Promise<Ended['code']>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit, killed) => resolve(exit ?? killed));
    });
    signal.throwIfAborted();
    return { code, lines };
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** A line without end is no reason to keep all of it. */
function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let line = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    for (const [index, piece] of text.split('\n').entries()) {
      if (index > 0) {
        onLine(line.replace(/\r$/, ''));
        line = '';
      }
      if (line.length < longestLine) line = (line + piece).slice(0, longestLine);
    }
  });
  stream.once('end', () => {
    if (line !== '') onLine(line);
  });
}
