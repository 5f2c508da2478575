import { access } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { requireMigrated } from '../database/known-logins.ts';
import { withOwnerDatabase } from '../database/owner-database.ts';
import { repository } from '../env.ts';
import { shownPath } from '../files/shown-path.ts';
import { UsageFailure } from '../output/failure.ts';
import { plural } from '../output/measures.ts';
import { dumpSeed } from './dump-seed.ts';
import { loadSeed } from './load-seed.ts';

const seedFile = path.join(repository, 'supabase/seed.sql');

export function addSeedCommands(db: Command, { environment, terminal }: CommandContext): void {
  const seed = db.command('seed').description('sample people and organizations for development');

  seed
    .command('dump')
    .description('write people, organizations, roles and what else is public as INSERTs')
    .argument('[file]', 'where to', seedFile)
    .option('--yes', 'replace the file')
    .addHelpText('after', '\nKeys, datasets and the audit trail are left out: a seed can hold no secrets and no files.')
    .action(async (file: string, { yes }: { yes?: true }) => {
      const exists = await access(file).then(
        () => true,
        () => false,
      );
      if (exists && !yes)
        throw new UsageFailure(`${shownPath(file)} exists: name another file, or replace it with --yes`);
      await withOwnerDatabase(environment(), terminal.note, async ({ url }) => {
        await requireMigrated(url);
        const { rows, leftOut } = await dumpSeed(url, file);
        for (const [table, reason] of leftOut) terminal.note(`left out ${table}: ${reason}`);
        terminal.print(`${plural(rows, 'row')} written to ${shownPath(file)}`);
      });
    });

  seed
    .command('load')
    .description('run a seed in one transaction')
    .argument('[file]', 'SQL file', seedFile)
    .action((file: string) =>
      withOwnerDatabase(environment(), terminal.note, async ({ url }) => {
        await requireMigrated(url);
        await loadSeed(url, file);
        terminal.print(`loaded ${shownPath(file)}`);
      }),
    );
}
