import { createHash } from 'node:crypto';
import type { Database, DB } from '@granary/db';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import type { ObjectStore } from '../../object-store/object-store.ts';
import type { AuditKeys } from '../audit-keys.ts';
import { canonicalEntry } from '../canonical-entry.ts';
import { storedCheckpoints } from '../checkpoint-store.ts';
import { type ChainRow, type EventRow, readEntries, readEvents } from './chain-rows.ts';
import { ChainBroken, type ChainReport, type Tail } from './report.ts';
import { readSignedHeads, type SignedHeads } from './signed-heads.ts';

export interface VerifyOptions {
  /** The owner's: it reads everything. */
  readonly database: Database;
  readonly keys: AuditKeys;
  /** Null: the copies there are not looked at. */
  readonly store: ObjectStore | null;
  /** How old an event may be that could have been sealed and is not. */
  readonly overdueSeconds: number;
  readonly signal?: AbortSignal;
}

const nothing = '0'.repeat(64);

/**
 * Reads a chain from its beginning and holds it against its events and against what was signed of it, in one snapshot: also
 * while events are written, sealed and removed. In constant memory. What is wrong is in the report, as its first broken link.
 */
export async function verifyChain(options: VerifyOptions, chain: string): Promise<ChainReport> {
  const { database, keys, store, overdueSeconds, signal } = options;
  const stored = store && (await documentsOf(store, chain)); // before the snapshot, which then has all of their events
  return database.kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (db) => {
      await sql`set local statement_timeout = 0`.execute(db);
      const verification = new Verification(db, chain, overdueSeconds);
      try {
        return await verification.run(await readSignedHeads(db, chain, keys, stored), signal);
      } catch (error) {
        if (error instanceof ChainBroken) return verification.report(error);
        throw error;
      }
    });
}

async function documentsOf(store: ObjectStore, chain: string): Promise<string[]> {
  const documents: string[] = [];
  for await (const document of storedCheckpoints(store, chain)) documents.push(document);
  return documents;
}

class Verification {
  readonly #db: Transaction<DB>;
  readonly #chain: string;
  readonly #events: AsyncGenerator<EventRow>;
  readonly #retained = new Set<number>();
  #heads: SignedHeads = { bySequence: new Map(), inDatabase: 0, inStore: 0 };
  #anchor = 0;
  #sequence = 0;
  #previous = nothing;
  #tail: Tail = { events: 0, overdue: 0, oldest: null };

  constructor(db: Transaction<DB>, chain: string, overdueSeconds: number) {
    this.#db = db;
    this.#chain = chain;
    this.#events = readEvents(db, chain, overdueSeconds);
  }

  async run(heads: SignedHeads, signal: AbortSignal | undefined): Promise<ChainReport> {
    this.#heads = heads;
    const head = await this.#db
      .selectFrom('audit_heads')
      .select(['sequence', 'anchor', 'transaction', 'event_id as eventId', sql<string>`encode(hash, 'hex')`.as('hash')])
      .where('tenant_id', '=', this.#chain)
      .executeTakeFirst();
    this.#begin(head?.anchor ?? 0);
    for await (const entry of readEntries(this.#db, this.#chain)) {
      signal?.throwIfAborted();
      await this.#check(entry);
    }
    const signedUpTo = Math.max(0, ...heads.bySequence.keys());
    const expected = Math.max(head?.sequence ?? 0, signedUpTo);
    if (this.#sequence < expected)
      throw new ChainBroken(
        'truncated',
        this.#sequence + 1,
        `the chain ends at ${this.#sequence} and was at ${expected}`,
      );
    if (head && (head.sequence !== this.#sequence || head.hash !== this.#previous))
      throw new ChainBroken(
        'replaced',
        this.#sequence,
        `the chain's end is not the head that was written down, ${head.sequence}`,
      );
    await this.#readTail(head);
    if (this.#anchor > 0 && !this.#retained.has(this.#anchor))
      throw new ChainBroken('dropped', 1, `events up to ${this.#anchor} are gone, and no retention says so`);
    return this.report(null);
  }

  /** What is left begins after a signed head, where retention removed what came before. */
  #begin(anchor: number): void {
    if (anchor === 0) return;
    const signed = this.#heads.bySequence.get(anchor);
    if (signed === undefined)
      throw new ChainBroken('dropped', 1, `events up to ${anchor} are gone, and no checkpoint is there`);
    [this.#anchor, this.#sequence, this.#previous] = [anchor, anchor, signed];
  }

  async #check(entry: ChainRow): Promise<void> {
    const sequence = this.#sequence + 1;
    if (entry.sequence !== sequence) throw new ChainBroken('dropped', sequence, `the entry ${sequence} is gone`);
    const { canonical, eventId, hash } = entry;
    if (createHash('sha256').update(canonical).digest('hex') !== hash)
      throw new ChainBroken('changed', sequence, `the entry ${sequence} is not what its hash is of`, eventId);
    const said = saidBy(canonical);
    if (said?.sequence !== sequence || said.event.id !== eventId)
      throw new ChainBroken('reordered', sequence, `the entry at ${sequence} was made for ${said?.sequence}`, eventId);
    const event = await this.#nextEvent();
    if (event?.id !== eventId) throw await this.#misplaced(sequence, entry, event);
    if (said.previous !== this.#previous)
      throw new ChainBroken(
        'replaced',
        this.#sequence,
        `the entry ${sequence} follows another one than ${this.#sequence}`,
        eventId,
      );
    if (!canonicalEntry({ sequence, previous: this.#previous }, event).equals(canonical))
      throw new ChainBroken('changed', sequence, `the event ${eventId} is not what was sealed as ${sequence}`, eventId);
    if ((this.#heads.bySequence.get(sequence) ?? hash) !== hash)
      throw new ChainBroken('replaced', sequence, `the chain at ${sequence} is not the one that was signed`, eventId);
    [this.#sequence, this.#previous] = [sequence, hash];
  }

  async #nextEvent(): Promise<EventRow | undefined> {
    const next = await this.#events.next();
    if (next.done) return undefined;
    if (next.value.retention !== null) this.#retained.add(next.value.retention);
    return next.value;
  }

  /** Why another event stands where this one was sealed. */
  async #misplaced(sequence: number, { eventId }: ChainRow, found: EventRow | undefined): Promise<ChainBroken> {
    const { rows } = await sql<{ isThere: boolean; isSealed: boolean }>`select
      exists (select from audit_events where tenant_id = ${this.#chain} and id = ${eventId}) as "isThere",
      exists (select from audit_chain where tenant_id = ${this.#chain} and event_id = ${found?.id ?? null}) as "isSealed"`.execute(
      this.#db,
    );
    if (!rows[0]?.isThere)
      return new ChainBroken('dropped', sequence, `the event ${eventId}, sealed as ${sequence}, is gone`, eventId);
    if (found && !rows[0].isSealed)
      return new ChainBroken(
        'inserted',
        sequence,
        `the event ${found.id} stands before ${sequence} and was never sealed`,
        found.id,
      );
    return new ChainBroken(
      'reordered',
      sequence,
      `the event ${eventId}, sealed as ${sequence}, stands elsewhere`,
      eventId,
    );
  }

  /** Events after the last entry; one that belongs before it was not there when that was sealed. */
  async #readTail(head: { readonly transaction: number; readonly eventId: string } | undefined): Promise<void> {
    for (let event = await this.#nextEvent(); event; event = await this.#nextEvent()) {
      const { id, transaction, at, isOverdue } = event;
      if (head && (transaction < head.transaction || (transaction === head.transaction && id <= head.eventId)))
        throw new ChainBroken(
          'inserted',
          this.#sequence,
          `the event ${id} stands before ${this.#sequence} and was never sealed`,
          id,
        );
      const { events, overdue, oldest } = this.#tail;
      this.#tail = { events: events + 1, overdue: overdue + Number(isOverdue), oldest: oldest ?? at };
    }
  }

  report(broken: ChainBroken | null): ChainReport {
    return {
      chain: this.#chain,
      ok: broken === null && this.#tail.overdue === 0,
      from: Math.min(this.#anchor + 1, this.#sequence),
      to: this.#sequence,
      hash: this.#previous,
      checkpoints: this.#heads.inDatabase,
      storedCheckpoints: this.#heads.inStore,
      unsealed: this.#tail,
      broken: broken?.link ?? null,
    };
  }
}

const entryText = z.object({ sequence: z.int(), previous: z.string(), event: z.looseObject({ id: z.string() }) });

function saidBy(canonical: Buffer): z.output<typeof entryText> | null {
  try {
    return entryText.parse(JSON.parse(canonical.toString()));
  } catch {
    return null;
  }
}
