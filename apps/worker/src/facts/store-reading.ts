import type { SystemDb } from '@granary/db';
import { DomainError } from '@granary/domain';
import { sql } from 'kysely';
import { companyIds } from './company-ids.ts';
import { type HeldFields, heldBy, mergeFields, readingKey } from './held-fields.ts';
import { lockPlugins } from './lock-plugins.ts';
import { mergePlugin } from './merge-plugin.ts';
import type { Reading } from './readings.ts';
import { storeSnapshots } from './store-snapshots.ts';
import { updatePlugins } from './update-plugins.ts';
import { whatChanged } from './what-changed.ts';

/**
 * Stores what one page says: the newest of each field with the plugin, and the snapshot of the capture's UTC day. The result
 * is the same in whatever order pages are stored and how often, so a page may be parsed again, and an archived one of years
 * ago be added later. A few statements for the whole page; plugins are locked in the order of their ids at the marketplace,
 * so that one call is all a transaction should make. Returns of how many plugins anything but the time changed.
 */
export async function storeReading(db: SystemDb, reading: Reading): Promise<{ changed: number; unchanged: number }> {
  const read = foldByPlugin(reading);
  if (read.size === 0) return { changed: 0, unchanged: 0 };
  const locked = await lockPlugins(db, reading, read);
  const changedSnapshots = await storeSnapshots(db, reading, read, locked);
  const merged = [...read].map(([externalId, held]) => mergePlugin(locked.get(externalId)!, held, reading));
  const companies = await companyIds(db, reading.tenantId, merged);
  await updatePlugins(db, merged, companies);
  const changedIds = merged.filter(({ isChanged }) => isChanged).map(({ id }) => id);
  if (changedIds.length > 0) {
    await sql`select app.estimate_plugins(${changedIds}::uuid[])`.execute(db);
    const changes = JSON.stringify(merged.filter(({ isChanged }) => isChanged).flatMap(whatChanged));
    await sql`select app.tell_watchers(${reading.captureId}::uuid, ${changes}::jsonb)`.execute(db);
  }
  const changed = new Set([...changedSnapshots, ...changedIds]);
  return { changed: changed.size, unchanged: read.size - changed.size };
}

/** A page may name a plugin twice: once as itself, once as somebody's neighbour. */
function foldByPlugin({ plugins, ...reading }: Reading): Map<string, HeldFields> {
  const key = readingKey({ ...reading, parserVersion: reading.parser.version });
  const read = new Map<string, HeldFields>();
  for (const plugin of plugins) {
    const { externalId } = plugin.facts;
    if (!/^[^\0]{1,500}$/u.test(externalId) || !externalId.isWellFormed())
      throw new DomainError('invalid', 'a plugin has an id of 1 to 500 characters', { externalId });
    const held = heldBy(plugin, key);
    const before = read.get(externalId);
    read.set(externalId, before ? mergeFields(before, held) : held);
  }
  return new Map([...read].sort(([a], [b]) => (a < b ? -1 : 1)));
}
