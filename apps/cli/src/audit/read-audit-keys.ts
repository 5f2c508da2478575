import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AuditKeys } from '@granary/domain';
import type { Environment } from '../env.ts';

/** The keys that were set; else those of an installation with a PostgreSQL of its own. */
export async function readAuditKeys({ audit, home, databaseUrl }: Environment): Promise<AuditKeys> {
  if (!audit.keys.isEmpty || databaseUrl !== undefined) return audit.keys;
  const text = await readFile(path.join(home, 'audit-key'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return AuditKeys.parse(text);
}
