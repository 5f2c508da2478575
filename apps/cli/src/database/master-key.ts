import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { MasterKeys } from '@granary/domain';
import { CommandFailure } from '../output/failure.ts';

/**
 * The master key of an installation that has its own PostgreSQL: made once, for its owner's eyes only, and on disk before
 * anything is encrypted under it. Throws CommandFailure where the file is there and holds none, since another one in its
 * place would make everything unreadable that was encrypted so far.
 */
export async function ensureMasterKey(home: string): Promise<string> {
  const file = path.join(home, 'master-key');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) {
    await writeNew(file, `${randomBytes(32).toString('base64')}\n`);
    return ensureMasterKey(home);
  }
  try {
    MasterKeys.parse(text);
    if (text.trim() !== '') return text.trim();
  } catch {
    // said below
  }
  throw new CommandFailure(`${file} holds no master key; put back the one that it held, or set GRANARY_MASTER_KEY`);
}

/** Whole or not at all; whoever else was first wins. */
async function writeNew(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomBytes(4).toString('hex')}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
    await link(aside, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await handle.close();
    await rm(aside, { force: true });
  }
  const directory = await open(path.dirname(file), 'r');
  await directory.sync().finally(() => directory.close());
}
