import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asUser, type Database, type Identity } from '@granary/db';
import { sql } from 'kysely';
import { isOtherTableReason } from '../reading/csv/other-table.ts';

/** A row that is tried, as it was when it was read. */
export interface TriedRow {
  readonly number: number;
  readonly revision: number;
}

export interface RefusedRow extends TriedRow {
  readonly reason: string;
  readonly column: string | null;
}

export interface SpooledRows {
  /** Whose texts are in the file, in its order. */
  readonly tried: readonly TriedRow[];
  readonly refused: readonly RefusedRow[];
}

const pageRows = 1000;

/** Quarantine keeps the beginning of a long text, and shows what is no text as a sign. */
const damaged = /… \(\d+ bytes\)$|[\ufffd␀]/;

/**
 * Writes the texts of the rows that a replay is to try into a file, each ended by NUL. Nothing is locked meanwhile: whoever
 * corrects a row between this and the end of the replay changes its revision, and the replay begins anew.
 */
export async function spoolRows(
  database: Database,
  identity: Identity,
  replayId: string,
  target: string,
  signal: AbortSignal,
): Promise<SpooledRows> {
  const tried: TriedRow[] = [];
  const refused: RefusedRow[] = [];
  const texts = async function* () {
    for (let beyond = 0; ; ) {
      const rows = await readPage(database, identity, replayId, beyond);
      for (const { number, revision, text, corrected, reason } of rows) {
        beyond = number;
        // it would fit where both tables are as wide, and say something else
        if (!corrected && isOtherTableReason(reason)) {
          refused.push({ number, revision, reason, column: null });
          continue;
        }
        if (!corrected && damaged.test(text)) {
          refused.push({ number, revision, reason: 'its text was not kept whole: correct it', column: null });
          continue;
        }
        tried.push({ number, revision });
        yield `${text}\0`;
      }
      if (rows.length < pageRows) return;
    }
  };
  await pipeline(Readable.from(texts()), createWriteStream(target, { flags: 'wx', mode: 0o600 }), { signal });
  return { tried, refused };
}

async function readPage(database: Database, identity: Identity, replayId: string, beyond: number) {
  const { rows } = await asUser(database, identity, 'dataset:write', (db) =>
    sql<{ number: number; revision: number; text: string; corrected: boolean; reason: string }>`
      select r.number::float8 as number, r.revision, r.text, r.is_corrected as corrected, q.reason
      from app.read_replay(${replayId}::uuid, ${beyond}::bigint, ${pageRows}::integer) r
      join public.quarantine_replays p on p.id = ${replayId}::uuid
      join public.quarantined_rows q on q.tenant_id = p.tenant_id and q.version_id = p.version_id and q.number = r.number
      order by r.number`.execute(db),
  );
  return rows;
}
