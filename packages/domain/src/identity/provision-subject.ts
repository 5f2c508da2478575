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

export interface ProvisionedPerson {
  /** The subject's own id, or that of the person whom it was linked to. */
  readonly userId: string;
  /** Null while they are in none. */
  readonly tenantId: string | null;
}

/** The person of a verified token, made on first sight. Throws DomainError conflict where another account has the address. */
export async function provisionSubject(
  identity: Database,
  { id, email }: Subject,
  membership: DefaultMembership | undefined,
): Promise<ProvisionedPerson> {
  try {
    const { rows } = await sql<ProvisionedPerson>`
      select user_id as "userId", tenant_id as "tenantId" from app.provision_subject(${id}::uuid, ${email}, ${membership?.tenantId ?? null}::uuid,
        ${membership?.role ?? null})`.execute(identity.kysely);
    return rows[0]!;
  } catch (error) {
    throw toDomainError(error);
  }
}
