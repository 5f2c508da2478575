import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A file that an upload left in `directory`, and the key that its bytes belong under. */
export async function landFile(directory: string, tenantId: string, bytes: Buffer = randomBytes(1000)) {
  const file = path.join(directory, randomUUID());
  await writeFile(file, bytes);
  return { file, bytes, key: { tenantId, sha256: createHash('sha256').update(bytes).digest('hex') } };
}

export const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
