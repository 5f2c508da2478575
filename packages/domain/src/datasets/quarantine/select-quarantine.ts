import { query } from '@granary/db';
import { sql } from 'kysely';
import type { selectVersion } from '../version-query.ts';
import type { QuarantineFilter } from './schema.ts';

const reviewedColumn = sql<string | null>`case when r.reason is not null then r.column_name else q.column_name end`;
const reviewedReason = sql<string>`coalesce(r.reason, q.reason)`;
const reviewedState = sql<'open' | 'dismissed' | 'replayed'>`coalesce(r.state, 'open')`;

/** Of a version of `selectVersion`: whether the text of its quarantined rows is sealed. */
export const holdsSealedText = sql<boolean>`v.identifiers <> '{}'`.as('isSealed');

/** The quarantined rows of a version that the filter selects, with numbers above `beyond`, in no order. */
export const filterQuarantine = (
  tenantId: string,
  version: ReturnType<typeof selectVersion>,
  { column, reason, state }: QuarantineFilter,
  beyond = 0,
) =>
  query
    .selectFrom('quarantined_rows as q')
    .leftJoin(
      'quarantine_reviews as r',
      (join) =>
        join
          .onRef('r.tenant_id', '=', 'q.tenant_id')
          .onRef('r.version_id', '=', 'q.version_id')
          .onRef('r.number', '=', 'q.number')
          .on('r.number', '>', beyond), // a merge of the two does not begin at the first review
    )
    .where('q.tenant_id', '=', tenantId)
    .where('q.number', '>', beyond)
    // one value, looked up first: rows then come in the order of the key, and a page reads no more of them than it shows
    .where('q.version_id', '=', version.clearSelect().select('v.id'))
    .$if(column !== undefined, (each) => each.where(reviewedColumn, '=', column ?? ''))
    .$if(reason !== undefined, (each) => each.where(sql<boolean>`strpos(${reviewedReason}, ${reason}) > 0`))
    .$if(state === undefined, (each) => each.where(reviewedState, '<>', 'replayed'))
    .$if(state !== undefined, (each) => each.where(reviewedState, '=', state ?? 'open'));

/** The same with all that is known of the rows, in the order of the file. */
export const selectQuarantine = (...of: Parameters<typeof filterQuarantine>) =>
  filterQuarantine(...of)
    .leftJoin('dataset_versions as i', (join) =>
      join.onRef('i.tenant_id', '=', 'r.tenant_id').onRef('i.id', '=', 'r.replayed_into'),
    )
    .select([
      'q.number',
      'q.line',
      'q.byte_offset as byteOffset',
      'q.raw',
      reviewedReason.as('reason'),
      reviewedColumn.as('column'),
      reviewedState.as('state'),
      sql<number>`coalesce(r.revision, 0)`.as('revision'),
      'r.correction',
      'r.corrected_by as correctedBy',
      'r.corrected_at as correctedAt',
      'r.dismissal',
      'r.dismissed_by as dismissedBy',
      'r.dismissed_at as dismissedAt',
      sql<{ version: number; changeSet: number } | null>`case when i.number is not null
        then jsonb_build_object('version', i.number, 'changeSet', r.replayed_change_set) end`.as('replayedInto'),
    ])
    .orderBy('q.number');

/** By reason and column, the most frequent first; with how many there are of all. */
export const countQuarantine = (...of: Parameters<typeof filterQuarantine>) =>
  filterQuarantine(...of)
    .select([
      reviewedReason.as('reason'),
      reviewedColumn.as('column'),
      sql<number>`count(*)::float8`.as('rows'),
      sql<number>`(sum(count(*)) over ())::float8`.as('all'),
    ])
    .groupBy([reviewedReason, reviewedColumn])
    .orderBy(sql`count(*)`, 'desc')
    .orderBy(reviewedReason)
    .orderBy(reviewedColumn);
