import { migrationStatus, migrationsDirectory, newMigration, prepareDatabase, withClient } from '@granary/db';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { withOwnerDatabase } from '../database/owner-database.ts';
import { shownPath } from '../files/shown-path.ts';
import { plural } from '../output/measures.ts';
import { formatTable } from '../output/table.ts';
import { writeTypes } from './write-types.ts';

export function addMigrationCommands(db: Command, { environment, terminal }: CommandContext): void {
  db.command('new')
    .description('write an empty migration that comes after every other')
    .argument('<name>', 'what it does, e.g. add_plugins')
    .action(async (name: string) => {
      const file = await newMigration(migrationsDirectory, name);
      terminal.print(shownPath(file));
    });

  db.command('up')
    .description('bring the database to the current schema')
    .option('--json', 'print one JSON object')
    .action(({ json }: { json?: true }) =>
      withOwnerDatabase(environment(), terminal.note, async ({ url, administratorUrl }) => {
        const applied = await prepareDatabase({ url, ...(administratorUrl && { administratorUrl }) });
        if (json) return terminal.print(JSON.stringify({ applied }));
        for (const version of applied) terminal.print(`applied ${version}`);
        terminal.print(applied.length > 0 ? `${plural(applied.length, 'migration')} applied` : 'nothing to apply');
      }),
    );

  db.command('status')
    .description('list the migrations and whether they were applied')
    .option('--json', 'print a JSON array')
    .action(({ json }: { json?: true }) =>
      withOwnerDatabase(environment(), terminal.note, async ({ url }) => {
        const migrations = await withClient(url, (client) => migrationStatus(client, migrationsDirectory));
        const rows = migrations.map(({ version, name, state }) => [version, name, state]);
        terminal.print(json ? JSON.stringify(migrations) : formatTable(['version', 'name', 'state'], rows));
      }),
    );

  db.command('types')
    .description('write packages/db/src/types.gen.ts from the migrations, in a database made for it')
    .action(() =>
      withOwnerDatabase(environment(), terminal.note, async (database) => {
        for (const file of await writeTypes(database)) terminal.print(shownPath(file));
      }),
    );
}
