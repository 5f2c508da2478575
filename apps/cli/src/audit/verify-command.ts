import { createDatabase, openPool } from '@granary/db';
import { type ChainReport, listChains, verifyChain } from '@granary/domain';
import { openObjectStore } from '@granary/object-store';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { requireMigrated } from '../database/known-logins.ts';
import { withOwnerDatabase } from '../database/owner-database.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';
import { plural } from '../output/measures.ts';
import { readAuditKeys } from './read-audit-keys.ts';

interface VerifyFlags {
  readonly tenant?: string;
  readonly store: boolean;
  readonly json?: true;
}

export function addVerifyCommand(audit: Command, { environment, terminal }: CommandContext): void {
  audit
    .command('verify')
    .description('hold every chain against its events and against what was signed of it; exits 1 where one is broken')
    .option('--tenant <id>', 'of one organization (default: all, and the chain of events of none)')
    .option('--no-store', 'do not look at the copies of checkpoints in the object store')
    .option('--json', 'print one JSON object a chain')
    .addHelpText(
      'after',
      "\nWorks on DATABASE_URL (its owner's). Signatures are checked with GRANARY_AUDIT_KEY and GRANARY_AUDIT_PUBLIC_KEYS, never with a\nkey that the database names.",
    )
    .action(async ({ tenant, store: looksAtStore, json }: VerifyFlags) => {
      const settings = environment();
      const keys = await readAuditKeys(settings);
      const broken = await withOwnerDatabase(settings, terminal.note, async ({ url }) => {
        await requireMigrated(url);
        const { pool, prepared } = await openPool(url, { ...settings.database, poolSize: 2 });
        try {
          const database = createDatabase(pool, { prepared });
          const store = looksAtStore ? await openObjectStore(settings.objectStore, settings.folders) : null;
          const options = { database, keys, store, overdueSeconds: settings.audit.overdueSeconds };
          const chains = tenant === undefined ? await listChains(database) : [requireId(tenant)];
          let failed = 0;
          for (const chain of chains) {
            const report = await verifyChain(options, chain);
            if (!report.ok) failed += 1;
            terminal.print(json ? JSON.stringify(report) : describe(report));
          }
          return failed;
        } finally {
          await pool.end();
        }
      });
      if (broken > 0) throw new CommandFailure(`${plural(broken, 'chain')} cannot be trusted`);
    });
}

function requireId(tenant: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(tenant)) return tenant.toLowerCase();
  throw new UsageFailure('--tenant takes the id of an organization');
}

function describe({ chain, ok, from, to, checkpoints, unsealed, broken }: ChainReport): string {
  const range = to === 0 ? 'no events' : `events ${from} to ${to}`;
  const tail = unsealed.events > 0 ? `, ${unsealed.events} not sealed yet` : '';
  const late = unsealed.overdue > 0 ? `, ${unsealed.overdue} of them overdue since ${unsealed.oldest}` : '';
  const verdict = broken
    ? `BROKEN at ${broken.sequence} (${broken.kind}): ${broken.message}`
    : ok
      ? 'whole'
      : 'NOT SEALED';
  return `${chain}  ${verdict}; ${range}, ${plural(checkpoints, 'checkpoint')}${tail}${late}`;
}
