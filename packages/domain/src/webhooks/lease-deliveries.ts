import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';

const leased = z.object({
  id: z.uuid(),
  leaseId: z.uuid(),
  number: z.int(),
  tenantId: z.uuid(),
  webhookId: z.uuid(),
  url: z.string(),
  payload: z.record(z.string(), z.unknown()),
  secrets: z.array(z.object({ id: z.uuid(), wrapped: z.hex().transform((text) => Buffer.from(text, 'hex')) })),
});
export type LeasedDelivery = z.output<typeof leased>;

export interface LeaseLimits {
  readonly most: number;
  /** On their way at a time, over all workers: to one endpoint, and of one organization. */
  readonly perEndpoint: number;
  readonly perTenant: number;
  /** How long the caller is believed to live. Longer than a request may take. */
  readonly leaseSeconds: number;
}

/** Deliveries that are due, and the caller's alone until the lease ends or `finishAttempt` says what came of them. */
export async function leaseDeliveries(database: Database, limits: LeaseLimits): Promise<LeasedDelivery[]> {
  const { most, perEndpoint, perTenant, leaseSeconds } = limits;
  return await asSystem(database, 'webhooks: delivery', async (db) => {
    const { rows } =
      await sql`select delivery_id as id, lease_id as "leaseId", number, tenant_id as "tenantId", endpoint_id as "webhookId", url,
        payload, secrets from app.lease_webhook_deliveries(${most}::integer, ${perEndpoint}::integer, ${perTenant}::integer,
        make_interval(secs => ${leaseSeconds}))`.execute(db);
    return z.array(leased).parse(rows); // before the leases are committed: what nobody understands nobody holds
  });
}
