import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addExplainCommand } from './explain-command.ts';

/** Who may do what, through the API and with a key. */
export function addAccessCommand(program: Command, context: CommandContext): void {
  const access = program.command('access').description('who may do what, and why');
  addExplainCommand(access, context);
}
