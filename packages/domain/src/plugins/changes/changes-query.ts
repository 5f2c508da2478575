import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { quantityOf, usersOf } from '../quantities.ts';

/** A place in the order of changes: the transaction that wrote the snapshot, its plugin, its day. */
export const changeCursor = z
  .string()
  .regex(/^-?\d{1,18}\.[0-9a-f-]{36}\.\d{4}-\d\d-\d\d$/)
  .refine((text) => z.tuple([z.string(), z.uuid(), z.iso.date()]).safeParse(text.split('.')).success, 'no place');

/** Before every change: also those of another cluster, whose numbers are below zero. */
export const beforeAllChanges = '-999999999999999999.00000000-0000-0000-0000-000000000000.0001-01-01';

export interface ChangesRequest {
  readonly after: string;
  readonly marketplace?: string | undefined;
  readonly scope: 'all' | 'public' | 'own';
}

/**
 * Snapshots in the order in which the transactions that wrote them last began to count, up to the oldest transaction that
 * still runs: what commits late has a place that nobody has passed yet.
 */
export function selectChanges({ after, marketplace, scope }: ChangesRequest) {
  const [change = '', pluginId = '', day = ''] = [
    after.slice(0, after.indexOf('.')),
    ...after.slice(after.indexOf('.') + 1).split('.'),
  ];
  return query
    .selectFrom('plugin_snapshots as s')
    .innerJoin('plugins as p', 'p.id', 's.plugin_id')
    .where(
      sql<boolean>`(s.change, s.plugin_id, s.day) > (${change}::bigint, ${pluginId}::uuid, ${day}::date)
        and s.change < (select app.audit_horizon())`,
    )
    .$if(marketplace !== undefined, (q) => q.where('p.marketplace', '=', marketplace!))
    .$if(scope !== 'all', (q) => q.where('s.tenant_id', scope === 'own' ? 'is not' : 'is', null))
    .select([
      sql<string>`s.change || '.' || s.plugin_id || '.' || s.day`.as('cursor'),
      's.day',
      'p.id',
      'p.marketplace',
      'p.external_id as externalId',
      'p.name',
      sql<boolean>`s.tenant_id is not null`.as('isOwn'),
      's.state',
      usersOf('s').as('users'),
      's.rating',
      quantityOf('rating_count', 's').as('ratingCount'),
      's.version',
      sql`case when s.pricing_kind is not null then jsonb_build_object('kind', s.pricing_kind, 'lowestPaidTier',
        case when s.price_amount is not null then jsonb_build_object('amount', s.price_amount::text, 'currency', s.price_currency,
          'per', s.price_per) end) end`.as('pricing'),
      's.captured_at as capturedAt',
      's.capture_id as captureId',
      's.origin',
      sql`jsonb_build_object('name', s.parser_name, 'version', s.parser_version)`.as('parser'),
    ])
    .orderBy('s.change')
    .orderBy('s.plugin_id')
    .orderBy('s.day');
}
