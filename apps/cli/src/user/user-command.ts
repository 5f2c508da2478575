import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addActivateCommands } from './activate-commands.ts';
import { addCreateCommand } from './create-command.ts';
import { addEventsCommand } from './events-command.ts';
import { addListCommand } from './list-command.ts';
import { addOperatorCommand } from './operator-command.ts';
import { addResetPasswordCommand } from './reset-password-command.ts';
import { addSessionsCommand } from './sessions-command.ts';

/** What an operator does about people, as the database's owner. */
export function addUserCommand(user: Command, context: CommandContext): void {
  addCreateCommand(user, context);
  addListCommand(user, context);
  addActivateCommands(user, context);
  addResetPasswordCommand(user, context);
  addSessionsCommand(user, context);
  addEventsCommand(user, context);
  addOperatorCommand(user, context);
}
