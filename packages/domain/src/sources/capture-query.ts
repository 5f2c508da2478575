import type { DB } from '@granary/db';
import { type Kysely, type Selectable, sql } from 'kysely';
import { capture } from './schema.ts';

type Db = Pick<Kysely<DB>, 'selectFrom'>;

/** Captures of a source of an organization, newest first, before the one at `cursor`; with null of one of the installation. */
export const selectCaptures = (db: Db, tenantId: string | null, sourceId: string, cursor: string | undefined) =>
  capturesOf(db, tenantId, sourceId)
    .select([
      'id',
      'run_id as runId',
      'final_url as url',
      'status',
      'fetched_at as fetchedAt',
      'kept_at as keptAt',
      'origin',
      'not_modified as notModified',
      'body_bytes as bytes',
      sql<string | null>`headers ->> 'content-type'`.as('contentType'),
    ])
    .$if(cursor !== undefined, (q) => q.where('id', '<', cursor!))
    .orderBy('id', 'desc');

/** Where the body of one of them lies. */
export const selectBody = (db: Db, tenantId: string | null, sourceId: string, captureId: string) =>
  capturesOf(db, tenantId, sourceId)
    .select(['object_sha256 as sha256', 'encoding', 'body_sha256 as bodySha256', 'body_bytes as bytes'])
    .where('id', '=', captureId);

const capturesOf = (db: Db, tenantId: string | null, sourceId: string) =>
  db
    .selectFrom('captures')
    .where('owner_id', '=', tenantId ?? sql<string>`app.installation_id()`)
    .where('source_id', '=', sourceId);

/** A page of at most so many of the rows, of which there is one more where there are more. */
export function toPage(rows: readonly { readonly bytes: Selectable<DB['captures']>['body_bytes'] }[], limit: number) {
  const items = rows.slice(0, limit).map((row) => capture.parse({ ...row, bytes: Number(row.bytes) }));
  return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null };
}
