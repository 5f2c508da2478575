import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../context.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';
import { createTerminal } from '../output/terminal.ts';
import { check } from './check.ts';
import { start } from './start.ts';

interface Options {
  readonly check?: true;
  readonly demo?: boolean;
  readonly port?: number;
}

export function addStartCommand(command: Command, context: CommandContext): void {
  command
    .option('--check', 'do the main job in a temporary database, print one JSON line, remove everything')
    .option('--demo', 'load the sample files also where DATABASE_URL names the database')
    .option('--port <number>', 'where the API listens (default: 4780)', parsePort)
    .addHelpText(
      'after',
      `
Without DATABASE_URL a PostgreSQL of its own runs in .granary/, and sample files are loaded into it.
With --check the exit code is 0 when everything came out as it must, else 1. It uses neither DATABASE_URL nor .granary/.`,
    )
    .action(async ({ check: isCheck, demo = false, port }: Options) => {
      if (!isCheck) return start(context, { demo, port });
      if (demo || port !== undefined) throw new UsageFailure('--check goes with no other option');
      await runCheck(context);
    });
}

async function runCheck({ environment, terminal }: CommandContext): Promise<void> {
  // all on the way goes to standard error: the line is the only thing on standard output
  const result = await check(environment().testDatabaseUrl, createTerminal(process.stderr, process.stderr));
  terminal.print(JSON.stringify(result));
  if (!result.ok) throw new CommandFailure(`the check failed:\n${result.problems.join('\n')}`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('a port is a number from 0 (any free one) to 65535');
}
