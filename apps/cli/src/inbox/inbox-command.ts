import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addListCommand } from './list-command.ts';
import { addPreferencesCommand } from './preferences-command.ts';
import { addReadCommand } from './read-command.ts';

/** What the caller was told, through the API. */
export function addInboxCommand(inbox: Command, context: CommandContext): void {
  addListCommand(inbox, context);
  addReadCommand(inbox, context);
  addPreferencesCommand(inbox, context);
}
