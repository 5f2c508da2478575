import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { addCheckCommand } from './check-command.ts';
import { addMigrationCommands } from './migration-commands.ts';
import { addRewrapCommand } from './rewrap-command.ts';
import { addRolesCommand } from './roles-command.ts';
import { addSeedCommands } from './seed-commands.ts';

export function addDbCommand(db: Command, context: CommandContext): void {
  db.addHelpText(
    'after',
    `
Works on DATABASE_URL (its owner's). Without it, on the PostgreSQL in .granary/, started for the command if need be.`,
  );
  addMigrationCommands(db, context);
  addCheckCommand(db, context);
  addRolesCommand(db, context);
  addRewrapCommand(db, context);
  addSeedCommands(db, context);
}
