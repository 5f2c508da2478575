import type { Readable, Writable } from 'node:stream';
import { CommanderError } from 'commander';
import { readEnvironment } from './env.ts';
import { explain } from './output/explain.ts';
import { createTerminal, type Stream, type Terminal } from './output/terminal.ts';
import { createProgram } from './program.ts';

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly result: Stream;
  readonly notes: Stream;
  readonly input: Readable;
  readonly output: Writable;
}

/** Runs one command; the exit code: 0 done, 1 failed, 2 called wrongly. Never throws. */
export async function runProgram(
  args: readonly string[],
  { env, result, notes, input, output }: Surroundings,
): Promise<number> {
  const terminal = createTerminal(result, notes);
  try {
    const program = await createProgram({ environment: () => readEnvironment(env), terminal, input, output }, args);
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return report(error, terminal, env.GRANARY_DEBUG);
  }
}

function report(error: unknown, terminal: Terminal, debug: string | undefined): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said so itself
  const { message, exitCode } = explain(error);
  terminal.note(`granary: ${message}`);
  if (debug && error instanceof Error) terminal.note(`${error.stack}`);
  return exitCode;
}
