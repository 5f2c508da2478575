import { existsSync } from 'node:fs';
import path from 'node:path';
import { CommanderError } from 'commander';
import { readEnvironment, repository } from './env.ts';
import { explain } from './output/explain.ts';
import { createTerminal } from './output/terminal.ts';
import { createProgram } from './program.ts';

const settings = path.join(repository, '.env');
if (existsSync(settings)) process.loadEnvFile(settings); // what is set already wins

const terminal = createTerminal(process.stdout, process.stderr);
const program = createProgram({ environment: () => readEnvironment(process.env), terminal });
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong; the exit code. Never process.exit: what was written to a pipe may still be on its way. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said so itself
  const { message, exitCode } = explain(error);
  terminal.note(`granary: ${message}`);
  if (process.env.GRANARY_DEBUG && error instanceof Error) terminal.note(`${error.stack}`);
  return exitCode;
}
