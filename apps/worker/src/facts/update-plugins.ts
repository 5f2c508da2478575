import { isDeepStrictEqual } from 'node:util';
import { type RawBuilder, sql } from 'kysely';
import { allFields } from './held-fields.ts';
import type { MergedPlugin } from './merge-plugin.ts';
import { fieldColumns, type PluginColumn } from './plugin-columns.ts';

/** What the words are made of that plugins are found by: made anew only where one of these changed. */
const wordColumns: ReadonlySet<PluginColumn> = new Set(['name', 'summary', 'developer_name', 'description', 'tags']);
const columns: readonly PluginColumn[] = allFields.flatMap((field) => fieldColumns[field]);
const times = ['company_id', 'field_times', 'first_seen_at', 'last_seen_at'];
const assigned = (names: readonly string[]) => sql.raw(names.map((name) => `"${name}" = r."${name}"`).join(', '));
// texts that are made once: most of what a page costs is to say so much
const withoutWords = assigned([...columns.filter((column) => !wordColumns.has(column)), ...times]);
const withWords = assigned([...columns, ...times]);

/** Statements that write what is known of locked plugins where anything of it, be it the time alone, changed. */
export function updatePlugins(
  merged: readonly MergedPlugin[],
  companies: ReadonlyMap<string, string>,
): RawBuilder<unknown>[] {
  const touched = merged.filter(
    ({ id, before, isTouched }) => isTouched || before.company_id !== (companies.get(id) ?? null),
  );
  const rows = touched.map(({ id, before, cells, times, firstSeenAt, lastSeenAt }) => ({
    words: [...wordColumns].some((column) => !isDeepStrictEqual(before[column], cells[column] ?? null)),
    row: {
      ...cells,
      id,
      company_id: companies.get(id) ?? null,
      field_times: times,
      first_seen_at: firstSeenAt,
      last_seen_at: lastSeenAt,
    },
  }));
  const ofWords = rows.filter(({ words }) => words).map(({ row }) => row);
  const ofOthers = rows.filter(({ words }) => !words).map(({ row }) => row);
  return [...update(withoutWords, ofOthers), ...update(withWords, ofWords)];
}

function update(assignments: RawBuilder<unknown>, rows: readonly object[]): RawBuilder<unknown>[] {
  if (rows.length === 0) return [];
  return [
    sql`update plugins p set ${assignments}
      from jsonb_populate_recordset(null::plugins, ${JSON.stringify(rows)}::jsonb) r where p.id = r.id`,
  ];
}
