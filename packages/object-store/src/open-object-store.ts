import type { ObjectStore } from '@granary/domain';
import { createFileObjectStore } from './file-object-store.ts';
import { checkBucket } from './s3/check-bucket.ts';
import { openS3Client } from './s3/s3-client.ts';
import { createS3ObjectStore } from './s3/s3-object-store.ts';
import type { ObjectStoreSettings } from './settings.ts';

export interface ObjectStoreFolders {
  /** Where originals lie, if they lie in files. */
  readonly dataDirectory: string;
  /** Where originals from elsewhere are while somebody reads them as files. */
  readonly workDirectory: string;
}

/** The store that the settings name. Rejects, saying which setting is wrong, where it cannot be used as they say. */
export async function openObjectStore(
  settings: ObjectStoreSettings,
  { dataDirectory, workDirectory }: ObjectStoreFolders,
): Promise<ObjectStore> {
  if (settings.kind === 'file') return createFileObjectStore(dataDirectory);
  const client = openS3Client(settings);
  await checkBucket(client, settings);
  return createS3ObjectStore(client, { ...settings, workDirectory });
}
