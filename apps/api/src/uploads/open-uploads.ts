import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Database } from '@granary/db';
import type { ObjectStore } from '@granary/domain';
import { type CompleteUpload, createCompletion } from './complete-upload.ts';
import { LandingStore } from './landing-store.ts';
import type { Transfer } from './tus-server.ts';

export interface Uploads {
  readonly landing: LandingStore;
  readonly complete: CompleteUpload;
  readonly transfers: AsyncLocalStorage<Transfer>;
}

/** The landing place below the data directory: beside the object store, so that a finished file only has to be renamed. */
export async function openUploads(
  dataDirectory: string,
  { database, objectStore }: { readonly database: Database; readonly objectStore: ObjectStore },
): Promise<Uploads> {
  const directory = path.join(dataDirectory, 'uploads');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const transfers = new AsyncLocalStorage<Transfer>();
  const landing = new LandingStore(directory, () => transfers.getStore());
  return { landing, complete: createCompletion(database, objectStore, landing), transfers };
}
