import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addCollectCommand } from './collect-command.ts';

export function addStoreCommand(program: Command, context: CommandContext): void {
  const store = program
    .command('store')
    .description('the object store, where originals and exports are kept')
    .addHelpText(
      'after',
      "\nWorks on DATABASE_URL (its owner's) and on the store that api and worker use (GRANARY_STORE …).",
    );
  addCollectCommand(store, context);
}
