import { type Member, readAsUser, type TextRow } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { type ActionDependencies, executeAction } from '../actions/execute-action.ts';
import type { ColumnType } from '../datasets/column-types.ts';
import { readTooLong } from '../datasets/read-too-long.ts';
import { auditFilter, matches, place, selectEvents } from './audit-event.ts';

/** What of an event is exported, in this order. `entry` is what `hash` is of, and names the hash of the entry before. */
export const auditColumns = [
  { name: 'sequence', type: 'bigint' },
  { name: 'id', type: 'uuid' },
  { name: 'at', type: 'timestamptz' },
  { name: 'actorKind', type: 'text' },
  { name: 'actorId', type: 'uuid' },
  { name: 'keyId', type: 'uuid' },
  { name: 'action', type: 'text' },
  { name: 'verb', type: 'text' },
  { name: 'outcome', type: 'text' },
  { name: 'entityType', type: 'text' },
  { name: 'entityId', type: 'uuid' },
  { name: 'requestId', type: 'text' },
  { name: 'address', type: 'text' },
  { name: 'detailsText', type: 'jsonb' },
  { name: 'hash', type: 'text' },
  { name: 'entry', type: 'text' },
] as const satisfies readonly { readonly name: string; readonly type: ColumnType }[];

/**
 * The part of an export of events that is an action: whether the caller may, and its own event, which is the first that the
 * export does not hold. Not in the registry, because what it begins is a stream.
 */
export const beginAuditExport = defineMutation({
  name: 'audit.export',
  summary:
    'Export the audit events of the active organization as JSON Lines, oldest first, with their entries in the chain',
  access: 'audit:read',
  rest: { method: 'GET', path: '/v1/audit/events.jsonl' },
  input: auditFilter,
  output: z.object({ before: z.int().meta({ description: 'The oldest transaction that ran when the export began' }) }),
  audit: { entityType: 'audit', entityId: () => null, details: (input) => ({ filter: input }) },
  async run({ db }) {
    const { rows } = await sql<{ before: number }>`select app.audit_horizon() as before`.execute(db);
    return { before: rows[0]?.before ?? 0 };
  },
});

export interface AuditExport {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly pages: AsyncGenerator<TextRow[]>;
}

/** Begins an export. Every page is a read of its own, authorised anew; between pages no connection is held. */
export async function exportAuditEvents(
  dependencies: ActionDependencies,
  identity: Member,
  input: unknown,
): Promise<AuditExport> {
  const begun = await executeAction(dependencies, beginAuditExport, identity, input);
  const { before } = beginAuditExport.output.parse(begun);
  const columns = auditColumns.map(({ name, type }) => ({ name: name === 'detailsText' ? 'details' : name, type }));
  const pages = readPages(dependencies, identity, before, beginAuditExport.input.parse(input));
  return { title: 'audit-events', columns, pages };
}

const atOnce = 500;

async function* readPages(
  { database }: ActionDependencies,
  identity: Member,
  before: number,
  filter: z.output<typeof auditFilter>,
): AsyncGenerator<TextRow[]> {
  const reader = readAsUser(database, identity, 'audit:read');
  const wanted = selectEvents(identity.tenantId)
    .select([
      sql<string>`e.details::text`.as('detailsText'),
      sql<string | null>`convert_from(c.canonical, 'UTF8')`.as('entry'),
    ])
    .where(matches(filter))
    .where('e.transaction', '<', before)
    .orderBy('e.transaction')
    .orderBy('e.id')
    .limit(atOnce);
  for (let cursor: string | undefined; ; ) {
    const page = cursor === undefined ? wanted : wanted.where(place('>', cursor));
    const rows = await reader.rows(page).catch(readTooLong);
    if (rows.length > 0)
      yield rows.map((row) =>
        auditColumns.map(({ name }) => {
          const value = row[name];
          return value === null ? null : String(value);
        }),
      );
    if (rows.length < atOnce) return;
    cursor = rows.at(-1)?.cursor;
  }
}
