import { createDatabase, openPool } from '@granary/db';
import { collectObjects, planCollection } from '@granary/domain';
import { openObjectStore } from '@granary/object-store';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { requireMigrated } from '../database/known-logins.ts';
import { withOwnerDatabase } from '../database/owner-database.ts';
import { formatBytes, plural } from '../output/measures.ts';

interface CollectFlags {
  readonly dryRun?: boolean;
  readonly json?: true;
}

export function addCollectCommand(store: Command, { environment, terminal }: CommandContext): void {
  store
    .command('gc')
    .description(
      'remove what nothing has referred to for GRANARY_ORIGINAL_GRACE_HOURS, as workers do every ten minutes',
    )
    .option('--dry-run', 'say what would go, and remove nothing')
    .option('--json', 'print one JSON object')
    .action(({ dryRun = false, json }: CollectFlags) =>
      withOwnerDatabase(environment(), terminal.note, async ({ url }) => {
        await requireMigrated(url);
        const { database: settings, objectStore, folders, graceHours } = environment();
        const { pool, prepared } = await openPool(url, { ...settings, poolSize: 2 });
        try {
          const database = createDatabase(pool, { prepared });
          const opened = await openObjectStore(objectStore, folders);
          const options = { graceHours, orphans: true };
          const collection = await (dryRun ? planCollection : collectObjects)(database, opened, options);
          const bytes = collection.removed.reduce((total, each) => total + each.bytes, 0);
          if (json) return terminal.print(JSON.stringify({ dryRun, ...collection, bytes }));
          for (const { tenantId, sha256, bytes: size } of collection.removed) {
            terminal.print(`${tenantId}/${sha256}  ${formatBytes(size)}`);
          }
          const verb = dryRun ? 'would be removed' : 'removed';
          terminal.print(`${plural(collection.removed.length, 'object')} ${verb}, ${formatBytes(bytes)}`);
        } finally {
          await pool.end();
        }
      }),
    );
}
