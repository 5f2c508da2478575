import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addExplainCommand } from './explain-command.ts';

/** Who may do what, through the API and with a key. */
export function addAccessCommand(access: Command, context: CommandContext): void {
  addExplainCommand(access, context);
}
