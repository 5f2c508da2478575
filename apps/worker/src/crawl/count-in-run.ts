import { type RawBuilder, sql } from 'kysely';

const counted = [
  'discovered',
  'fetched',
  'unchanged',
  'changed',
  'failed',
  'skipped',
  'bytes',
  'plugins',
  'plugins_changed',
  'held_back',
] as const;
const additions = sql.raw(
  counted.map((name, index) => `"${name}" = "${name}" + added.counts[${index + 1}]`).join(', '),
);
export type Counts = Readonly<Partial<Record<(typeof counted)[number], number>>>;

/** A statement that adds to what a run counts. It waits for others who do so at the moment, so it comes last in a transaction. */
export function countInRun(runId: string, counts: Counts): RawBuilder<unknown> {
  const added = counted.map((name) => counts[name] ?? 0);
  return sql`update source_runs set ${additions} from (select ${added}::bigint[] as counts) added where id = ${runId}::uuid`;
}
