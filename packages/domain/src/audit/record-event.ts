import { asUser, type Database, type Member, type TenantDb } from '@granary/db';
import { sql } from 'kysely';
import type { AuditRule, OrganizationAction } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import { redact } from './redact.ts';
import { subjectOf } from './subject-of.ts';
import { verbOf } from './verb-of.ts';

/** Writes the event of what was done, in its own transaction: both are there or neither is. */
export async function recordDone(
  db: TenantDb,
  action: Pick<OrganizationAction, 'name' | 'kind' | 'rest'>,
  { entityType, entityId, details }: AuditRule<never, never>,
  input: never,
  output: never,
): Promise<void> {
  const detail = JSON.stringify(redact(details?.(input, output) ?? {}));
  await sql`select app.audit(${action.name}, 'done', ${entityType}, ${entityId(input, output)}::uuid, ${detail}::jsonb,
    ${verbOf(action)})`.execute(db);
}

/** Writes the event of a refusal, in a transaction of its own, since the refused one rolls back. */
export async function recordRefusal(
  database: Database,
  action: OrganizationAction,
  identity: Member,
  input: unknown,
): Promise<void> {
  const { type, id } = subjectOf(action, input);
  await asUser(database, identity, null, (db) =>
    sql`select app.audit(${action.name}, 'refused', ${type}, ${id}::uuid, '{}', ${verbOf(action)})`.execute(db),
  ).catch((error: unknown) => {
    // a credential that died meanwhile has no organization to record it in; anything else must not be lost
    if (!(toDomainError(error) instanceof DomainError)) throw error;
  });
}
