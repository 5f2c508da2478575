import type { SystemDb } from '@granary/db';
import type { ReadPlugin } from '@granary/marketplaces';
import { sql } from 'kysely';
import type { CapturedPage } from './read-page.ts';
import type { SourceOfRun } from './take-turn.ts';

/** By plugin, or plugin and day, what is stored of it. */
export type StoredFacts = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** What is stored of a page's plugins, and of the day it was captured on. */
export async function factsOf(
  db: SystemDb,
  { ownerId, connector }: SourceOfRun,
  { page }: CapturedPage,
  plugins: readonly ReadPlugin[],
): Promise<StoredFacts> {
  const ids = [...new Set(plugins.map(({ facts }) => facts.externalId))];
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ name: string; facts: Record<string, unknown> }>`
    with found as (
      select p.* from plugins p
      where p.owner_id = ${ownerId}::uuid and p.marketplace = ${connector.name} and p.external_id = any (${ids}::text[])
    )
    select external_id as name, to_jsonb(found) as facts from found
    union all
    select f.external_id || ' ' || s.day, to_jsonb(s) from found f join plugin_snapshots s on s.plugin_id = f.id
    where s.day = (${page.fetchedAt}::timestamptz at time zone 'UTC')::date`.execute(db);
  return new Map(rows.map(({ name, facts }) => [name, facts]));
}

export interface FieldChange {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * Which facts are otherwise than before, each field once, with a value of before and after as text; how they were come by is not a
 * fact.
 */
export function changedFields(before: StoredFacts, after: StoredFacts): FieldChange[] {
  const changed = new Map<string, FieldChange>();
  for (const [name, facts] of after) {
    const former = before.get(name);
    for (const [field, value] of Object.entries(facts)) {
      const was = former?.[field] ?? null;
      if (howItCame.has(field) || changed.has(field) || JSON.stringify(was) === JSON.stringify(value)) continue;
      changed.set(field, { field, before: textOf(was), after: textOf(value) });
    }
  }
  return [...changed.values()].sort((a, b) => (a.field < b.field ? -1 : 1));
}

const longest = 120;

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text;
}

const howItCame = new Set([
  'id',
  'plugin_id',
  'capture_id',
  'captured_at',
  'change',
  'parser_version',
  'parser_name',
  'field_times',
  'older',
  'words',
  'first_seen_at',
  'last_seen_at',
  'tenant_id',
  'owner_id',
  'origin',
]);
