import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../output/failure.ts';
import { createTerminal } from '../output/terminal.ts';
import { check } from './check.ts';

export function addStartCommand(program: Command, { environment, terminal }: CommandContext): void {
  program
    .command('start')
    .description('start Granary: database, api and worker')
    .option('--check', 'run the main job in a temporary database, print one JSON line, remove everything')
    .option('--demo', 'load the sample files also into the database of DATABASE_URL')
    .option('--port <number>', 'where the API listens', parsePort)
    .action(async (options: { check?: true; demo?: true; port?: number }) => {
      if (options.check) {
        const result = await check(environment().testDatabaseUrl, createTerminal(process.stderr, process.stderr));
        terminal.print(JSON.stringify(result));
        if (!result.ok) throw new CommandFailure(`the check failed:\n${result.problems.join('\n')}`);
      }
    });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('a port is a number from 1 to 65535');
}
