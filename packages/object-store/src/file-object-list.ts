import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ListedObject } from '@granary/domain';
import { isCode } from './durable.ts';
import { isObjectKey } from './object-path.ts';

/** What lies below `root` under names that objectPath makes; anything else there is not ours. */
export async function* listFiles(root: string, tenantId?: string): AsyncGenerator<ListedObject> {
  const tenants = tenantId === undefined ? await entries(root) : [tenantId];
  for (const tenant of tenants) {
    for (const folder of await entries(path.join(root, tenant))) {
      for (const sha256 of await entries(path.join(root, tenant, folder))) {
        const key = { tenantId: tenant, sha256 };
        if (!isObjectKey(key) || !sha256.startsWith(folder)) continue;
        const found = await stat(path.join(root, tenant, folder, sha256)).catch(nullWhenAbsent);
        if (found?.isFile()) yield { ...key, bytes: found.size, modifiedAt: found.mtime };
      }
    }
  }
}

async function entries(directory: string): Promise<string[]> {
  const found: Dirent[] = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return found.map(({ name }) => name);
}

function nullWhenAbsent(error: unknown): null {
  if (isCode(error, 'ENOENT')) return null; // deleted meanwhile
  throw error;
}
