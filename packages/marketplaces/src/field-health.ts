import type { ReadPlugin } from './connector.ts';
import type { FieldOrigin } from './plugin-facts.ts';

/** How often pages that could hold a field did, and how it was read from them. */
export interface FieldCount {
  /** Readings that had a place for it. */
  readonly pages: number;
  readonly read: number;
  readonly by: Readonly<Partial<Record<FieldOrigin, number>>>;
}

/** By field. */
export type FieldHealth = Readonly<Record<string, FieldCount>>;

export interface FieldAlarm {
  readonly field: string;
  /** `lost`: it used to be read and is not any more; `degraded`: it is read from a worse place than it was. */
  readonly kind: 'lost' | 'degraded';
  /** Shares of pages, from 0 to 1: of the runs before, and of this one. */
  readonly before: number;
  readonly now: number;
}

const none: FieldCount = { pages: 0, read: 0, by: {} };

/** Of plugins that are there: one that is gone has no fields to be read. */
export function healthOf(plugins: readonly ReadPlugin[]): FieldHealth {
  const health: Record<string, FieldCount> = {};
  for (const { facts, origins } of plugins) {
    if (facts.availability.state !== 'available') continue;
    for (const [field, origin] of Object.entries(origins)) {
      const one = { pages: 1, read: origin === null ? 0 : 1, by: origin === null ? {} : { [origin]: 1 } };
      health[field] = add(health[field] ?? none, one);
    }
  }
  return health;
}

export function addHealth(a: FieldHealth, b: FieldHealth): FieldHealth {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...fields].sort().map((field) => [field, add(a[field] ?? none, b[field] ?? none)]));
}

function add(a: FieldCount, b: FieldCount): FieldCount {
  const by: Partial<Record<FieldOrigin, number>> = { ...a.by };
  for (const origin of origins) if (b.by[origin] !== undefined) by[origin] = (by[origin] ?? 0) + b.by[origin];
  return { pages: a.pages + b.pages, read: a.read + b.read, by };
}

/** From the most trustworthy to the least. */
const origins = ['embedded', 'api', 'meta', 'markup'] as const satisfies readonly FieldOrigin[];

const share = (part: number, { pages }: FieldCount): number => (pages === 0 ? 0 : part / pages);

/** So many pages say something of a field, before and now. */
export const fewestPages = 5;

/**
 * Fields that the runs before could read from at least a quarter of their pages, and this one from less than half as many;
 * and those that half of this run's pages give in a worse way than all but a few did before.
 */
export function alarmsOf(before: FieldHealth, now: FieldHealth): FieldAlarm[] {
  return Object.entries(before).flatMap(([field, former]): FieldAlarm[] => {
    const current = now[field] ?? none;
    // a page that has no place for the field any more counts as one that does not hold it
    const pages = Math.max(...Object.values(now).map((each) => each.pages), 0);
    if (former.pages < fewestPages || pages < fewestPages) return [];
    const [was, is] = [share(former.read, former), share(current.read, { ...current, pages })];
    if (was >= 0.25 && is < was / 2) return [{ field, kind: 'lost', before: was, now: is }];
    const best = origins.find((origin) => share(former.by[origin] ?? 0, former) >= was * 0.9);
    if (best === undefined || was < 0.25) return [];
    const [good, still] = [share(former.by[best] ?? 0, former), share(current.by[best] ?? 0, { ...current, pages })];
    return still < good / 2 ? [{ field, kind: 'degraded', before: good, now: still }] : [];
  });
}
