import { z } from 'zod';
import type { AuditKeys } from './audit-keys.ts';
import { canonicalBytes } from './canonical-entry.ts';

const statement = z.strictObject({
  /** The tenant, or 00000000-0000-0000-0000-000000000000 for events of no organization. */
  chain: z.uuid(),
  sequence: z.int().positive(),
  /** Hex of the chain's hash at that sequence. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Events since the checkpoint before. */
  count: z.int().positive(),
  time: z.iso.datetime({ offset: true }),
  key: z.string().regex(/^[0-9a-f]{16}$/),
});
export type CheckpointStatement = z.output<typeof statement>;

const checkpoint = statement.extend({ signature: z.base64() });
export type Checkpoint = z.output<typeof checkpoint>;

/** A signed document of less than a kilobyte, which says everything that is needed to check it but the public key. */
export function signCheckpoint(keys: AuditKeys, said: CheckpointStatement): string {
  return canonicalBytes({ ...said, signature: keys.sign(canonicalBytes(said)) }).toString();
}

/** Null for what is no such document, byte for byte. */
export function parseCheckpoint(document: string): Checkpoint | null {
  try {
    const parsed = checkpoint.parse(JSON.parse(document));
    return canonicalBytes(parsed).toString() === document ? parsed : null;
  } catch {
    return null;
  }
}

export function verifyCheckpoint(keys: AuditKeys, { signature, ...said }: Checkpoint): 'valid' | 'forged' | 'unknown' {
  return keys.verify(said.key, canonicalBytes(said), signature);
}
