import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { printable } from '../output/table.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';

interface CreateFlags extends ConnectionFlags {
  readonly description?: string;
  readonly json?: true;
}

export function addCreateCommand(dataset: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(dataset.command('create'))
    .description('make a dataset without rows, for a pipeline to write to')
    .argument('<name>', 'what it is called')
    .option('--description <text>', 'what it is for')
    .option('--json', 'print one JSON object')
    .action(async (name: string, { description, json, ...flags }: CreateFlags) => {
      const client = await openClient(environment(), flags);
      const { dataset: made } = await client.datasets.create({
        name,
        ...(description !== undefined && { description }),
      });
      terminal.print(json ? JSON.stringify(made) : `${made.id}  ${printable(made.name)}`);
    });
}
