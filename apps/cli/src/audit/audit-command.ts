import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addExportCommand } from './export-command.ts';
import { addKeyCommand } from './key-command.ts';
import { addTailCommand } from './tail-command.ts';
import { addVerifyCommand } from './verify-command.ts';

export function addAuditCommand(audit: Command, context: CommandContext): void {
  addVerifyCommand(audit, context);
  addExportCommand(audit, context);
  addTailCommand(audit, context);
  addKeyCommand(audit, context);
}
