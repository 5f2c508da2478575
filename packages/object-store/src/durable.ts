import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Whether a file system error is the one with this code (ENOENT, EXDEV …). */
export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** Makes a directory (0700) and what is missing above it; each new entry is on disk when this resolves. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (isCode(error, 'EEXIST')) return;
    if (!isCode(error, 'ENOENT')) throw error;
    await makeDirectory(path.dirname(directory));
    return makeDirectory(directory);
  }
  await sync(path.dirname(directory));
}

/** Waits until the file's bytes, or the directory's entries, are on disk. */
export async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Moves a file so that, whatever happens, `target` is either absent or whole. Across devices it is copied beside the
 * target first, into `incoming`, and the source goes last.
 */
export async function moveDurably(source: string, target: string, incoming: string): Promise<void> {
  await restrict(source);
  try {
    await renameInto(source, target);
    await sync(path.dirname(target));
  } catch (error) {
    if (!isCode(error, 'EXDEV')) throw error;
    await copyDurably(source, target, incoming);
    await sync(path.dirname(target));
    await rm(source, { force: true });
  }
}

/** The directory is there nearly always, so it is made where it is missed. */
async function renameInto(source: string, target: string): Promise<void> {
  try {
    await rename(source, target);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
    await makeDirectory(path.dirname(target));
    await rename(source, target);
  }
}

async function copyDurably(source: string, target: string, incoming: string): Promise<void> {
  await makeDirectory(incoming);
  const copy = path.join(incoming, randomUUID());
  try {
    await copyFile(source, copy);
    await restrict(copy);
    await renameInto(copy, target);
  } finally {
    await rm(copy, { force: true });
  }
}

async function restrict(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
