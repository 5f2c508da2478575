import type { DB } from '@granary/db';
import { sql, type Transaction } from 'kysely';
import type { EventText } from '../canonical-entry.ts';

const atOnce = 2000;

export interface ChainRow {
  readonly sequence: number;
  readonly eventId: string;
  readonly canonical: Buffer;
  readonly hash: string;
}

/** The entries of a chain, by sequence. */
export async function* readEntries(db: Transaction<DB>, chain: string): AsyncGenerator<ChainRow> {
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom('audit_chain')
      .select(['sequence', 'event_id as eventId', 'canonical', sql<string>`encode(hash, 'hex')`.as('hash')])
      .where('tenant_id', '=', chain)
      .where('sequence', '>', after)
      .orderBy('sequence')
      .limit(atOnce)
      .execute();
    yield* rows;
    if (rows.length < atOnce) return;
    after = rows.at(-1)?.sequence ?? after;
  }
}

export interface EventRow extends EventText {
  readonly id: string;
  readonly transaction: number;
  readonly at: string;
  /** Older than every transaction that runs, and than the limit. */
  readonly isOverdue: boolean;
  /** The sequence up to which this event says that retention removed events. */
  readonly retention: number | null;
}

/** The events of a chain, in commit order: that of their sequences, where they have one. */
export async function* readEvents(
  db: Transaction<DB>,
  chain: string,
  overdueSeconds: number,
): AsyncGenerator<EventRow> {
  let after = { transaction: Number.MIN_SAFE_INTEGER, id: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const { rows } = await sql<EventRow>`
      select e.id, e.transaction, e.at, app.audit_event_json(e)::text as event, e.details::text as details,
        e.transaction < app.audit_horizon() and e.at < now() - make_interval(secs => ${overdueSeconds}) as "isOverdue",
        case when e.action = 'audit.retention' and e.actor_kind = 'system' then (e.details ->> 'through')::bigint end as retention
      from audit_events e
      where e.tenant_id = ${chain} and (e.transaction, e.id) > (${after.transaction}::bigint, ${after.id}::uuid)
      order by e.transaction, e.id limit ${atOnce}`.execute(db);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < atOnce) return;
    after = last;
  }
}
