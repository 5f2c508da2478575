import type { Database, Member } from '@granary/db';
import { claimObject, finishUpload, type ObjectStore } from '@granary/domain';
import type { LandingStore, OpenUpload } from './landing-store.ts';

/** Whether the upload is finished now: true also when it was already. */
export type CompleteUpload = (identity: Member, upload: OpenUpload) => Promise<boolean>;

/**
 * Takes an upload whose bytes are all there into the object store and marks it as finished. Whatever step a crash
 * interrupts, the next call goes on: the digest is noted before the file moves, and both store and database take the same
 * twice. The object is claimed before it is put, or looked for, so that nobody collects it meanwhile. One at a time for each
 * upload.
 */
export function createCompletion(database: Database, objectStore: ObjectStore, landing: LandingStore): CompleteUpload {
  const running = new Map<string, Promise<boolean>>();

  const store = async (identity: Member, { id, bytes }: OpenUpload) => {
    const { tenantId } = identity;
    if (bytes === 0) await landing.touch(id);
    const landed = await landing.landedBytes(id);
    if (landed === bytes) {
      const sha256 = await landing.digest(id, bytes);
      await landing.noteDigest(id, sha256);
      const claim = await claimObject(database, identity, { sha256, bytes });
      await objectStore.putFile({ tenantId, sha256 }, landing.pathOf(id));
      return { sha256, claim };
    }
    const sha256 = landed === null ? await landing.notedDigest(id) : null;
    if (sha256 === null) return null;
    const claim = await claimObject(database, identity, { sha256, bytes });
    return (await objectStore.stat({ tenantId, sha256 })) ? { sha256, claim } : null;
  };

  const complete: CompleteUpload = async (identity, upload) => {
    const stored = await store(identity, upload);
    if (!stored) return false;
    await finishUpload(database, identity, upload.id, stored.sha256, stored.claim);
    await landing.remove(upload.id);
    return true;
  };

  return (identity, upload) => {
    const already = running.get(upload.id);
    if (already) return already;
    const completion = complete(identity, upload).finally(() => running.delete(upload.id));
    running.set(upload.id, completion);
    return completion;
  };
}
