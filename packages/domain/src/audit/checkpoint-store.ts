import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { ObjectKey, ObjectStore } from '../object-store/object-store.ts';

/**
 * Where the checkpoints of a chain lie in the store: below its id with the version digit 8 (RFC 9562, 5.8), which no
 * organization's has, since those are made by app.uuidv7. The database knows no object there, so the collector removes
 * none (docs/adr/0025).
 */
export const checkpointFolder = (chain: string): string => `${chain.slice(0, 14)}8${chain.slice(15)}`;

export const isCheckpointFolder = (tenantId: string): boolean => tenantId[14] === '8';

/** Idempotent; durable when it resolves. */
export async function putCheckpoint(
  store: ObjectStore,
  chain: string,
  document: string,
  workDirectory: string,
): Promise<void> {
  const folder = await mkdtemp(path.join(workDirectory, 'checkpoint-'));
  try {
    const file = path.join(folder, 'document');
    await writeFile(file, document);
    await store.putFile(keyOf(chain, document), file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every document that lies there. */
export async function* storedCheckpoints(store: ObjectStore, chain: string): AsyncGenerator<string> {
  for await (const { tenantId, sha256, bytes } of store.list(checkpointFolder(chain))) {
    if (bytes < mostBytes) yield text(await store.read({ tenantId, sha256 }));
  }
}

const mostBytes = 1000;

function keyOf(chain: string, document: string): ObjectKey {
  return { tenantId: checkpointFolder(chain), sha256: createHash('sha256').update(document).digest('hex') };
}
