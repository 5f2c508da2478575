import { asSystem, type Database, type SystemReason } from '@granary/db';
import { sql } from 'kysely';

const batch = 1000;

export interface NotificationKeeping {
  readonly database: Database;
  /** What time it is: days and weeks end by it. */
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** Tells of what became due by itself, makes the digests of periods that are over, and lets go of what has had its time. */
export async function keepNotifications({ database, now, signal }: NotificationKeeping): Promise<void> {
  await asSystem(database, 'notifications: due', (db) => sql`select app.emit_due_events(${now})`.execute(db));
  await asSystem(database, 'notifications: mails', (db) => sql`select app.resend_notices()`.execute(db));
  await untilNothing(
    database,
    signal,
    'notifications: digests',
    () => sql`app.make_digests(${now}, ${batch}::integer)`,
  );
  await untilNothing(
    database,
    signal,
    'notifications: retention',
    () => sql`app.retire_notifications(${batch}::integer)`,
  );
}

/** A step is a transaction of its own, so that none is long. */
async function untilNothing(
  database: Database,
  signal: AbortSignal,
  reason: SystemReason,
  step: () => ReturnType<typeof sql>,
): Promise<void> {
  for (let done = 1; done > 0 && !signal.aborted; )
    done = await asSystem(database, reason, async (db) => {
      const { rows } = await sql<{ done: number }>`select ${step()} as done`.execute(db);
      return rows[0]?.done ?? 0;
    });
}
