import { asUser, type Database, type Member } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { toDomainError } from '../errors/to-domain-error.ts';

/** What an error says of a limit of the plan, where it is one of those. */
export const planLimit = z.object({ entitlement: z.string(), requested: z.int() });

/**
 * Tells whoever runs the organization that its plan has no room left, at most once a day: in a transaction of its own, since the
 * refused one rolled back. Limits that are not the plan's are passed over.
 */
export async function noteLimit(database: Database, identity: Member, { details }: DomainError): Promise<void> {
  const { data } = planLimit.safeParse(details);
  if (!data) return;
  await asUser(database, identity, null, (db) =>
    sql`select app.note_own_limit(${data.entitlement}, ${data.requested}::bigint)`.execute(db),
  ).catch((error: unknown) => {
    // the refusal is what the caller has to hear of; a credential that died meanwhile, or a busy database, changes nothing in it
    if (!(toDomainError(error) instanceof DomainError)) throw error;
  });
}
