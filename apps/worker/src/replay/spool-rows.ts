import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Database, Identity } from '@granary/db';
import { readAskedRows, reasonAgainstText } from './asked-rows.ts';

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
    for await (const { number, revision, text, isCorrected, reason } of readAskedRows(database, identity, replayId)) {
      const against = isCorrected ? null : reasonAgainstText(text, reason);
      if (against !== null) {
        refused.push({ number, revision, reason: against, column: null });
        continue;
      }
      tried.push({ number, revision });
      yield `${text}\0`;
    }
  };
  await pipeline(Readable.from(texts()), createWriteStream(target, { flags: 'wx', mode: 0o600 }), { signal });
  return { tried, refused };
}
