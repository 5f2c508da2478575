import { ensureLogins, type LoginUrls, migrationStatus, migrationsDirectory, withClient } from '@granary/db';
import { z } from 'zod';
import { readPrivateJson, writePrivateJson } from '../files/private-json.ts';
import { CommandFailure } from '../output/failure.ts';
import type { OwnerDatabase } from './owner-database.ts';

const loginsFile = z.object({ api: z.string(), identity: z.string(), worker: z.string() });

/**
 * The URLs of api, identity and worker: those of an earlier call while they work, so that running deployables stay
 * connected. `rotate` gives every login a new password and locks out who has the former one.
 */
export async function ensureKnownLogins(
  { url, loginsFile: file }: Pick<OwnerDatabase, 'url' | 'loginsFile'>,
  { rotate = false, statementTimeoutMs }: { rotate?: boolean; statementTimeoutMs: number },
): Promise<LoginUrls> {
  const known = rotate ? undefined : await readPrivateJson(file, loginsFile);
  const logins = await ensureLogins(url, { ...(known && { known }), statementTimeoutMs });
  await writePrivateJson(file, logins);
  return logins;
}

/** Throws CommandFailure unless every migration was applied. */
export async function requireMigrated(url: string): Promise<void> {
  const migrations = await withClient(url, (client) => migrationStatus(client, migrationsDirectory));
  const missing = migrations.filter(({ state }) => state !== 'applied');
  if (missing.length === 0) return;
  const list = missing.map(({ version, name, state }) => `  ${version}_${name}: ${state}`).join('\n');
  throw new CommandFailure(`the schema is not up to date; run \`granary db up\` first:\n${list}`);
}
