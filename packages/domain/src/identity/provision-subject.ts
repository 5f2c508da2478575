import type { Database } from '@granary/db';
import { sql } from 'kysely';
import { toDomainError } from '../errors/to-domain-error.ts';

export interface Subject {
  readonly id: string;
  readonly email: string;
}

/** Where new people belong, in an installation for one organization. */
export interface DefaultMembership {
  readonly tenantId: string;
  readonly role: string;
}

/**
 * The person of a verified token, made on first sight; their organization, or null while they are in none. Throws
 * DomainError conflict where another account has the address.
 */
export async function provisionSubject(
  identity: Database,
  { id, email }: Subject,
  membership: DefaultMembership | undefined,
): Promise<string | null> {
  try {
    const { rows } = await sql<{ tenant_id: string | null }>`
      select tenant_id from app.provision_subject(${id}::uuid, ${email}, ${membership?.tenantId ?? null}::uuid,
        ${membership?.role ?? null})`.execute(identity.kysely);
    return rows[0]?.tenant_id ?? null;
  } catch (error) {
    throw toDomainError(error);
  }
}
