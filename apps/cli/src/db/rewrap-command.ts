import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { requireMigrated } from '../database/known-logins.ts';
import { withOwnerDatabase } from '../database/owner-database.ts';
import { plural } from '../output/measures.ts';
import { rewrapKeys } from './rewrap-keys.ts';

export function addRewrapCommand(db: Command, { environment, terminal }: CommandContext): void {
  db.command('rewrap-keys')
    .description('encrypt the keys of tenants and datasets under the first master key of GRANARY_MASTER_KEY')
    .addHelpText(
      'after',
      `
To replace the master key: set GRANARY_MASTER_KEY=<new>,<old> for api and worker, run this with the same, then set
GRANARY_MASTER_KEY=<new>.`,
    )
    .action(() =>
      withOwnerDatabase(environment(), terminal.note, async ({ url }) => {
        await requireMigrated(url);
        terminal.print(`${plural(await rewrapKeys(url, environment().masterKeys), 'key')} encrypted anew`);
      }),
    );
}
