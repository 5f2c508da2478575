import type { DB } from '@granary/db';
import { sql, type Transaction } from 'kysely';
import type { AuditKeys } from '../audit-keys.ts';
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from '../checkpoint.ts';
import { ChainBroken } from './report.ts';

/** What was signed of a chain: at these sequences it had these hashes. */
export interface SignedHeads {
  readonly bySequence: ReadonlyMap<number, string>;
  readonly inDatabase: number;
  readonly inStore: number;
}

/**
 * The checkpoints of a chain, each with a signature that holds, from the database and as the store has them.
 *
 * @param stored documents of the store, or null where it is not looked at
 */
export async function readSignedHeads(
  db: Transaction<DB>,
  chain: string,
  keys: AuditKeys,
  stored: readonly string[] | null,
): Promise<SignedHeads> {
  const rows = await db
    .selectFrom('audit_checkpoints')
    .select([
      'sequence',
      'document',
      sql<string>`to_char(made_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`.as('time'),
    ])
    .where('tenant_id', '=', chain)
    .orderBy('sequence')
    .execute();
  const bySequence = new Map<number, string>();
  let former = 0;
  for (const { sequence, document, time } of rows) {
    const said = read(keys, chain, document, sequence);
    if (said.sequence !== sequence || said.time !== time)
      throw new ChainBroken('forged', sequence, `the checkpoint at ${sequence} stands where it was not made`);
    if (said.sequence - said.count !== former)
      throw new ChainBroken('dropped', former + 1, `a checkpoint between ${former} and ${sequence} is gone`);
    former = sequence;
    bySequence.set(sequence, said.hash);
  }
  const documents = new Set(stored);
  const missing = stored && rows.find(({ document }) => !documents.has(document));
  if (missing)
    throw new ChainBroken('dropped', missing.sequence, `the object store lacks the checkpoint at ${missing.sequence}`);
  for (const document of stored ?? []) {
    const { sequence, hash } = read(keys, chain, document, 0);
    if ((bySequence.get(sequence) ?? hash) !== hash)
      throw new ChainBroken('replaced', sequence, `the object store has another checkpoint at ${sequence}`);
    bySequence.set(sequence, hash);
  }
  return { bySequence, inDatabase: rows.length, inStore: stored?.length ?? 0 };
}

function read(keys: AuditKeys, chain: string, document: string, sequence: number): Checkpoint {
  const said = parseCheckpoint(document);
  if (said?.chain !== chain) throw new ChainBroken('forged', sequence, 'a checkpoint is none, or is of another chain');
  const verdict = verifyCheckpoint(keys, said);
  if (verdict === 'forged')
    throw new ChainBroken('forged', said.sequence, `the signature of the checkpoint at ${said.sequence} does not hold`);
  if (verdict === 'unknown')
    throw new ChainBroken(
      'unknown_key',
      said.sequence,
      `the checkpoint at ${said.sequence} is signed by the key ${said.key}, which is not known here`,
    );
  return said;
}
