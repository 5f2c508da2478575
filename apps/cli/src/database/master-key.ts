import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { AuditKeys, MasterKeys } from '@granary/domain';
import { CommandFailure } from '../output/failure.ts';

/**
 * The master key of an installation that has its own PostgreSQL: made once, for its owner's eyes only, and on disk before
 * anything is encrypted under it. Throws CommandFailure where the file is there and holds none, since another one in its
 * place would make everything unreadable that was encrypted so far.
 */
export const ensureMasterKey = (home: string): Promise<string> =>
  ensureKey(path.join(home, 'master-key'), {
    parse: (text) => MasterKeys.parse(text),
    name: 'master key',
    setting: 'GRANARY_MASTER_KEY',
  });

/** The key that checkpoints of the audit trail are signed with, as ensureMasterKey makes that one. */
export const ensureAuditKey = (home: string): Promise<string> =>
  ensureKey(path.join(home, 'audit-key'), {
    parse: (text) => AuditKeys.parse(text),
    name: 'audit key',
    setting: 'GRANARY_AUDIT_KEY',
  });

interface KindOfKey {
  /** Throws for what is none. */
  parse(text: string): unknown;
  readonly name: string;
  readonly setting: string;
}

async function ensureKey(file: string, kind: KindOfKey): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) {
    await writeNew(file, `${randomBytes(32).toString('base64')}\n`);
    return ensureKey(file, kind);
  }
  try {
    kind.parse(text);
    if (text.trim() !== '') return text.trim();
  } catch {
    // said below
  }
  throw new CommandFailure(`${file} holds no ${kind.name}; put back the one that it held, or set ${kind.setting}`);
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
