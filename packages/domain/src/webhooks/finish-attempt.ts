import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';
import { redact } from '../audit/redact.ts';
import type { LeasedDelivery } from './lease-deliveries.ts';

export interface AttemptResult {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** null: nobody answered, and `error` says why. */
  readonly status: number | null;
  readonly error: string | null;
  /** The beginning of what was answered. */
  readonly answer: Uint8Array | null;
  /** What the receiver asked to be left alone for, in seconds. */
  readonly retryAfter: number | null;
}

/**
 * Notes what came of an attempt, and settles when there is another one. Returns the delivery's state; null where the lease was
 * over and somebody else has the delivery.
 */
export async function finishAttempt(
  database: Database,
  { id, leaseId }: Pick<LeasedDelivery, 'id' | 'leaseId'>,
  { startedAt, durationMs, status, error, answer, retryAfter }: AttemptResult,
): Promise<string | null> {
  const text = answer && new TextDecoder().decode(answer);
  const kept = text && redact({ text }).text;
  const { rows } = await asSystem(database, 'webhooks: delivery', (db) =>
    sql<{ state: string | null }>`
      select app.finish_webhook_attempt(${id}::uuid, ${leaseId}::uuid, ${startedAt}::timestamptz, ${Math.round(durationMs)}::integer,
        ${status}::integer, ${error}, ${kept}::text, ${retryAfter}::integer) as state`.execute(db),
  );
  return rows[0]?.state ?? null;
}
