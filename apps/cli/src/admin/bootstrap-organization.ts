import type { Permission } from '@granary/domain';
import { sql } from 'kysely';
import type { Owner } from '../database/owner-kysely.ts';
import { CommandFailure } from '../output/failure.ts';
import { createKey, createOrganization, ensureUser, findUser, recordEvent } from './accounts.ts';

export interface BootstrapRequest {
  readonly email: string;
  /** The person's. */
  readonly name: string;
  readonly organization: string;
  readonly scopes: readonly Permission[];
  /** Make one more key where person and organization are there already. */
  readonly again: boolean;
}

export interface Bootstrapped {
  readonly organizationId: string;
  readonly userId: string;
  readonly email: string;
  /** Shown this once; only its hash is stored. */
  readonly apiKey: string;
  readonly scopes: readonly Permission[];
}

/**
 * The first person, organization and API key, in one transaction. Throws CommandFailure when they are there already (unless
 * `again`), or when the organization's name belongs to somebody else's.
 */
export function bootstrapOrganization(owner: Owner, request: BootstrapRequest): Promise<Bootstrapped> {
  const { email, name, organization, scopes } = request;
  return owner.transaction().execute(async (transaction) => {
    // two operators at once: the second one sees what the first one made
    await sql`select pg_advisory_xact_lock(7263011)`.execute(transaction);
    const known = await findUser(transaction, email);
    if (known && !known.isActive) throw new CommandFailure(`the account of ${email} is not active`);
    const existing = await findOrganization(transaction, organization, known?.id);
    if (existing) refuse(existing, request);
    const userId = known?.id ?? (await ensureUser(transaction, { email, name }));
    const organizationId = existing?.id ?? (await createOrganization(transaction, organization, userId));
    const apiKey = await createKey(transaction, {
      tenantId: organizationId,
      userId,
      name: 'granary admin bootstrap',
      scopes,
    });
    await recordEvent(transaction, organizationId, 'admin.bootstrap', { email, scopes });
    return { organizationId, userId, email, apiKey, scopes };
  });
}

interface Existing {
  readonly id: string;
  readonly isMember: boolean;
}

/** The organization of that name, the person's own first. */
async function findOrganization(owner: Owner, name: string, userId: string | undefined): Promise<Existing | undefined> {
  const { rows } = await sql<Existing>`
    select o.id, m.user_id is not null as "isMember" from public.organizations o
    left join public.memberships m on m.tenant_id = o.id and m.user_id = ${userId ?? null}::uuid
    where lower(o.name) = lower(${name}) order by 2 desc, o.id limit 1`.execute(owner);
  return rows[0];
}

function refuse({ id, isMember }: Existing, { email, organization, again }: BootstrapRequest): void {
  if (!isMember) {
    throw new CommandFailure(
      `there is an organization "${organization}" already (${id}), and ${email} does not belong to it; choose another name`,
    );
  }
  if (again) return;
  throw new CommandFailure(
    `${email} belongs to "${organization}" (${id}) already, so nothing was made; with --again you get one more API key for it`,
  );
}
