import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, databaseEnvironment, openPool } from '@granary/db';
import { AuditKeys, type ChainReport, listChains, verifyChain } from '@granary/domain';
import { objectStoreEnvironment, openObjectStore } from '@granary/object-store';
import { ensureAuditKey } from '../database/master-key.ts';
import { plural } from '../output/measures.ts';

interface AuditCheck {
  /** The owner's. */
  readonly url: string;
  /** The services' folder, with the key that their worker signs with. */
  readonly home: string;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

const patience = 60_000;

export const withAuditKey = async (env: NodeJS.ProcessEnv, home: string): Promise<NodeJS.ProcessEnv> => ({
  ...env,
  GRANARY_AUDIT_KEY: await ensureAuditKey(home),
});

/** Waits until the worker has sealed and signed what the check did, and verifies every chain; what is wrong, in words. */
export async function verifyAudit({ url, home, note, signal }: AuditCheck): Promise<string[]> {
  const keys = AuditKeys.parse(await ensureAuditKey(home));
  const folders = { dataDirectory: path.join(home, 'data'), workDirectory: path.join(home, 'work') };
  const store = await openObjectStore(objectStoreEnvironment.parse({}), folders);
  const { pool, prepared } = await openPool(url, { ...databaseEnvironment.parse({}), poolSize: 2 });
  try {
    const database = createDatabase(pool, { prepared });
    const verify = async () => {
      const reports: ChainReport[] = [];
      for (const chain of await listChains(database))
        reports.push(await verifyChain({ database, keys, store, overdueSeconds: patience / 1000, signal }, chain));
      return reports;
    };
    let reports = await verify();
    for (const deadline = Date.now() + patience; !reports.every(isFinished) && Date.now() < deadline; ) {
      await sleep(200, undefined, { signal });
      reports = await verify();
    }
    const events = reports.reduce((sum, { to }) => sum + to, 0);
    const checkpoints = reports.reduce((sum, report) => sum + report.storedCheckpoints, 0);
    note(`${plural(events, 'audit event')} verified, ${plural(checkpoints, 'signed checkpoint')} in the store`);
    return reports.flatMap(problemsOf);
  } finally {
    await pool.end();
  }
}

/** Broken, or sealed and signed. */
const isFinished = ({ broken, unsealed, to, storedCheckpoints }: ChainReport): boolean =>
  broken !== null || (unsealed.events === 0 && (to === 0 || storedCheckpoints > 0));

function problemsOf(report: ChainReport): string[] {
  const { chain, broken } = report;
  if (broken) return [`the audit chain ${chain} is broken at ${broken.sequence}: ${broken.message}`];
  return isFinished(report) ? [] : [`the audit chain ${chain} was not sealed and signed in time`];
}
