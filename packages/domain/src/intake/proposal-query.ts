import type { DB } from '@granary/db';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { message, type Proposal, proposal, type proposalPage } from './schema.ts';

type Db = Pick<Kysely<DB>, 'selectFrom'>;

/** Proposals to an organization; with null those to the installation. Who sees which rows is the policy's to say. */
export const selectProposals = (db: Db, tenantId: string | null) =>
  db
    .selectFrom('intake_proposals as p')
    .select([
      'p.id',
      'p.connector',
      'p.item',
      'p.url',
      'p.times',
      'p.state',
      'p.reason',
      'p.source_id as sourceId',
      'p.decided_by as decidedBy',
      'p.decided_at as decidedAt',
      'p.created_at as createdAt',
      'p.last_proposed_at as lastProposedAt',
    ])
    // the organization's own before the public one
    .select(
      sql<string | null>`(select k.id from plugins k where k.marketplace = p.connector and k.external_id = p.item
        and (k.tenant_id is null or k.tenant_id = p.tenant_id) order by k.tenant_id nulls last limit 1)`.as('pluginId'),
    )
    .select(
      sql<unknown>`(select coalesce(jsonb_agg(jsonb_build_object('email', m.email, 'comment', m.comment, 'createdAt', m.created_at)
        order by m.id), '[]') from intake_messages m where m.owner_id = p.owner_id and m.proposal_id = p.id)`.as(
        'messages',
      ),
    )
    .where('p.tenant_id', tenantId === null ? 'is' : '=', tenantId);

interface PageOf {
  readonly state: Proposal['state'];
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** One row more than a page, oldest first. */
export const selectPage = (db: Db, tenantId: string | null, { state, limit, cursor }: PageOf) =>
  selectProposals(db, tenantId)
    .where('p.state', '=', state)
    .$if(cursor !== undefined, (q) => q.where('p.id', '>', cursor!))
    .orderBy('p.id')
    .limit(limit + 1);

export function toPage(rows: readonly unknown[], limit: number): z.output<typeof proposalPage> {
  const items = rows.slice(0, limit).map((row) => proposal.parse(row));
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** What a command decided, with what visitors wrote, which is gone with it. */
export async function decided(
  db: Db,
  tenantId: string | null,
  proposalId: string,
  command: RawBuilder<unknown>,
): Promise<Proposal> {
  const { messages } = await db
    .selectFrom(sql<{ messages: unknown }>`(select ${command} as messages)`.as('done'))
    .select('messages')
    .executeTakeFirstOrThrow();
  const row = await selectProposals(db, tenantId).where('p.id', '=', proposalId).executeTakeFirstOrThrow();
  return proposal.parse({ ...row, messages: z.array(message).parse(messages) });
}
