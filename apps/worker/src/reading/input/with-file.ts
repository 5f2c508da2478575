import { closeSync, openSync } from 'node:fs';

/** Opens a file for reading while `work` lasts. */
export async function withFile<T>(path: string, work: (file: number) => Promise<T>): Promise<T> {
  const file = openSync(path, 'r');
  try {
    return await work(file);
  } finally {
    closeSync(file);
  }
}
