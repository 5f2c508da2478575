import type { FlowingColumn } from '../writing/protocol.ts';

/** What the feed `plugin_snapshots/v1` holds of a snapshot. A column is added at the end; any other change is a new version. */
const columns = [
  ['day', 'date', 's.day'],
  ['plugin_id', 'uuid', 's.plugin_id'],
  ['marketplace', 'text', 'p.marketplace'],
  ['external_id', 'text', 'p.external_id'],
  ['state', 'text', 's.state'],
  ['users', 'bigint', 's.users'],
  ['users_bound', 'text', `case when s.users_at_least then 'at_least' when not s.users_at_least then 'exact' end`],
  ['metric', 'text', 's.metric'],
  ['rating', 'double precision', 's.rating'],
  ['rating_count', 'bigint', 's.rating_count'],
  [
    'rating_count_bound',
    'text',
    `case when s.rating_count_at_least then 'at_least' when not s.rating_count_at_least then 'exact' end`,
  ],
  ['version', 'text', 's.version'],
  ['pricing_kind', 'text', 's.pricing_kind'],
  ['price_amount', 'text', 's.price_amount'],
  ['price_currency', 'text', 's.price_currency'],
  ['price_per', 'text', 's.price_per'],
  ['captured_at', 'timestamptz', 's.captured_at'],
  ['capture_id', 'uuid', 's.capture_id'],
  ['origin', 'text', 's.origin'],
  ['parser_name', 'text', 's.parser_name'],
  ['parser_version', 'bigint', 's.parser_version'],
] as const;

export const feedColumns: readonly FlowingColumn[] = columns.map(([name, type]) => ({
  name,
  originalName: name,
  type,
  decimal: null,
}));

/** Public snapshots of a day (which is ours, hence needs no parameter), for COPY. */
export const selectDay = (day: string): string => {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) throw new Error(`${day} is no day`);
  return `select ${columns.map(([, , expression]) => expression).join(', ')}
    from plugin_snapshots s join plugins p on p.id = s.plugin_id
    where s.tenant_id is null and s.day = '${day}'::date order by p.marketplace, p.external_id collate "C"`;
};
