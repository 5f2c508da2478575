import { open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectKey, ObjectStore, StoredObject } from '@granary/domain';
import { isCode, moveDurably, sync } from './durable.ts';
import { listFiles } from './file-object-list.ts';
import { noSuchObject } from './no-such-object.ts';
import { objectPath, requirePublishedName } from './object-path.ts';

/**
 * Originals as files below `root`, readable by this account alone (0700 directories, 0600 files). A file appears under
 * its digest whole or not at all.
 *
 * @example
 * const store = createFileObjectStore('/var/lib/granary/objects');
 * await store.putFile({ tenantId, sha256 }, '/var/lib/granary/uploads/4f…');
 */
export function createFileObjectStore(root: string): ObjectStore {
  const find = async (key: ObjectKey): Promise<StoredObject | null> => {
    try {
      const { size } = await stat(objectPath(root, key));
      return { bytes: size };
    } catch (error) {
      if (isCode(error, 'ENOENT')) return null;
      throw error;
    }
  };

  return {
    stat: find,

    async putFile(key, source) {
      const target = objectPath(root, key);
      if (await find(key)) {
        // the name is the digest of the bytes, so what is there is what was to be put
        await rm(source, { force: true });
        return;
      }
      await moveDurably(source, target, path.join(root, 'incoming'));
    },

    async read(key, range) {
      try {
        const handle = await open(objectPath(root, key), 'r');
        return handle.createReadStream(range ?? {});
      } catch (error) {
        throw isCode(error, 'ENOENT') ? noSuchObject(error) : error;
      }
    },

    async asFile(key) {
      if (!(await find(key))) throw noSuchObject();
      return { path: objectPath(root, key), release: async () => {} };
    },

    async delete(key) {
      const target = objectPath(root, key);
      try {
        await rm(target);
        await sync(path.dirname(target)); // erased means erased, also after a power cut
      } catch (error) {
        if (!isCode(error, 'ENOENT')) throw error;
      }
    },

    list: (tenantId) => listFiles(root, tenantId),

    async publish(name, { path: source }) {
      const target = path.join(root, requirePublishedName(name));
      await moveDurably(source, target, path.join(root, 'incoming'));
    },

    async readPublished(name, range) {
      try {
        const handle = await open(path.join(root, requirePublishedName(name)), 'r');
        const { size } = await handle.stat();
        return { bytes: size, content: handle.createReadStream(range ?? {}) };
      } catch (error) {
        throw isCode(error, 'ENOENT') ? noSuchObject(error) : error;
      }
    },
  };
}
