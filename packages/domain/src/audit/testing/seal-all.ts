import type { Database } from '@granary/db';
import type pg from 'pg';
import { expect } from 'vitest';
import { sealChains } from '../seal-chains.ts';

/** Seals until nothing of the chain waits: other tests on the server have transactions that hold it back. */
export async function sealAll(worker: Database, owner: pg.Pool, chain: string): Promise<void> {
  const waiting = async () => {
    await sealChains(worker, { onFailure: () => {} }); // of what another test tampered with
    const { rows } = await owner.query<{ n: number }>(
      `select count(*)::int as n from audit_events e
       where tenant_id = $1 and not exists (select from audit_chain c where c.tenant_id = $1 and c.event_id = e.id)`,
      [chain],
    );
    return rows[0]?.n;
  };
  await expect.poll(waiting, { interval: 20 }).toBe(0);
}
