import { asUser, type Database, type Identity } from '@granary/db';
import { sql } from 'kysely';
import { isOtherTableReason } from '../reading/csv/other-table.ts';

/** A row that a replay is to try, as the database has it. */
export interface AskedRow {
  readonly number: number;
  readonly revision: number;
  /** The correction, or else what the row was set apart with. */
  readonly text: string;
  readonly isCorrected: boolean;
  /** What it was set apart with, where, and why. */
  readonly raw: string;
  readonly byteOffset: number;
  readonly reason: string;
}

const pageRows = 1000;

/** Quarantine keeps the beginning of a long text, and shows what is no text as a sign. */
const damaged = /… \(\d+ bytes\)$|[\ufffd␀]/;

/** Why a text that nobody corrected is not to be tried; null: it is. */
export function reasonAgainstText(text: string, reason: string): string | null {
  // it would fit where both tables are as wide, and say something else
  if (isOtherTableReason(reason)) return reason;
  return damaged.test(text) ? 'its text was not kept whole: correct it' : null;
}

/** The rows of a replay in the order of their numbers, read as the user who asked for it. Memory holds a page of them. */
export async function* readAskedRows(
  database: Database,
  identity: Identity,
  replayId: string,
): AsyncGenerator<AskedRow> {
  for (let beyond = 0; ; ) {
    const rows = await readPage(database, identity, replayId, beyond);
    yield* rows;
    if (rows.length < pageRows) return;
    beyond = rows.at(-1)!.number;
  }
}

async function readPage(database: Database, identity: Identity, replayId: string, beyond: number) {
  const { rows } = await asUser(database, identity, 'dataset:write', (db) =>
    sql<AskedRow>`
      select r.number::float8 as number, r.revision, r.text, r.is_corrected as "isCorrected",
        q.raw, q.byte_offset::float8 as "byteOffset", q.reason
      from app.read_replay(${replayId}::uuid, ${beyond}::bigint, ${pageRows}::integer) r
      join public.quarantine_replays p on p.id = ${replayId}::uuid
      join public.quarantined_rows q on q.tenant_id = p.tenant_id and q.version_id = p.version_id and q.number = r.number
      order by r.number`.execute(db),
  );
  return rows;
}
