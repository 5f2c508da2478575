import { type SystemDb, together } from '@granary/db';
import { DomainError } from '@granary/domain';
import { type RawBuilder, sql } from 'kysely';
import { companiesBySlug, companyIds, slugsOf } from './company-ids.ts';
import { type HeldFields, heldBy, mergeFields, readingKey } from './held-fields.ts';
import { lockPlugins, makePlugins } from './lock-plugins.ts';
import { type MergedPlugin, mergePlugin } from './merge-plugin.ts';
import { mergeSnapshots, snapshotsOfDay } from './merge-snapshots.ts';
import type { Reading } from './readings.ts';
import { updatePlugins } from './update-plugins.ts';
import { whatChanged } from './what-changed.ts';

/**
 * Stores what one page says: the newest of each field with the plugin, and the snapshot of the capture's UTC day. The result
 * is the same in whatever order pages are stored and how often, so a page may be parsed again, and an archived one of years
 * ago be added later. Two round trips for the whole page where all of it is known; plugins are locked in the order of their ids at the marketplace,
 * so that one call is all a transaction should make. Returns of how many plugins anything but the time changed.
 */
export async function storeReading(db: SystemDb, reading: Reading): Promise<{ changed: number; unchanged: number }> {
  const read = foldByPlugin(reading);
  if (read.size === 0) return { changed: 0, unchanged: 0 };
  const { locked, snapshots, companies: found } = await find(db, reading, read);
  const days = mergeSnapshots(reading, read, locked, snapshots);
  const merged = [...read].map(([externalId, held]) => mergePlugin(locked.get(externalId)!, held, reading));
  const companies = await companyIds(db, reading.tenantId, merged, found);
  const changed = merged.filter(({ isChanged }) => isChanged);
  await together(db, ...days.statements, ...updatePlugins(merged, companies), ...tell(reading, changed));
  const all = new Set([...days.changed, ...changed.map(({ id }) => id)]);
  return { changed: all.size, unchanged: read.size - all.size };
}

/** The plugins that a page names, locked until the transaction ends, with those made that nobody knew yet; and what there is of them. */
async function find(db: SystemDb, reading: Reading, read: ReadonlyMap<string, HeldFields>) {
  const wanted = [...read.keys()];
  const ask = async () => {
    const [plugins, snapshots, companies] = await together(
      db,
      lockPlugins(reading, wanted),
      snapshotsOfDay(reading, wanted),
      companiesBySlug(reading.tenantId, slugsOf(read)),
    );
    return { locked: new Map(plugins.map((row) => [row.external_id, row])), snapshots, companies };
  };
  const known = await ask();
  const unknown = wanted.filter((externalId) => !known.locked.has(externalId));
  if (unknown.length === 0) return known;
  await makePlugins(db, reading, unknown);
  return ask();
}

/** Of plugins that are known to have changed: their revenue is estimated anew, and who watches them is told. */
function tell({ captureId }: Reading, changed: readonly MergedPlugin[]): RawBuilder<unknown>[] {
  if (changed.length === 0) return [];
  return [
    sql`select app.estimate_plugins(${changed.map(({ id }) => id)}::uuid[])`,
    sql`select app.tell_watchers(${captureId}::uuid, ${JSON.stringify(changed.flatMap(whatChanged))}::jsonb)`,
  ];
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
