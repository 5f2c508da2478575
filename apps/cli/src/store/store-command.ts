import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addCollectCommand } from './collect-command.ts';

export function addStoreCommand(store: Command, context: CommandContext): void {
  store.addHelpText(
    'after',
    "\nWorks on DATABASE_URL (its owner's) and on the store that api and worker use (GRANARY_STORE …).",
  );
  addCollectCommand(store, context);
}
