import { makeKey, type Permission, uuidv7 } from '@granary/domain';
import { sql } from 'kysely';
import type { Owner } from '../database/owner-kysely.ts';
import { operatorName } from '../operator/operator-name.ts';

/** The id of the person with this address, made if there is none. */
export async function ensureUser(owner: Owner, { email, name }: { email: string; name: string }): Promise<string> {
  const inserted = await owner
    .insertInto('users')
    .values({ email, name })
    .onConflict((conflict) => conflict.expression(sql`lower(email)`).doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted?.id ?? (await findUser(owner, email))?.id ?? missing(email);
}

export function findUser(owner: Owner, email: string) {
  return owner
    .selectFrom('users')
    .select(['id', 'is_active as isActive'])
    .where(sql`lower(email)`, '=', email.toLowerCase())
    .executeTakeFirst();
}

/** A new organization with its built-in roles, and this person as its owner. */
export async function createOrganization(owner: Owner, name: string, userId: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`select app.create_organization(${name}, ${userId}::uuid) as id`.execute(
    owner,
  );
  return rows[0]?.id ?? missing(name);
}

/** Makes somebody a member with one of the built-in roles, if they are not yet. */
export async function ensureMember(owner: Owner, tenantId: string, userId: string, role: string): Promise<void> {
  await owner
    .insertInto('memberships')
    .values({ tenant_id: tenantId, user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await owner
    .insertInto('user_roles')
    .columns(['tenant_id', 'user_id', 'role_id'])
    .expression((query) =>
      query
        .selectFrom('roles')
        .select((from) => [
          from.ref('tenant_id').as('tenant_id'),
          from.val(userId).as('user_id'),
          from.ref('id').as('role_id'),
        ])
        .where('tenant_id', '=', tenantId)
        .where('name', '=', role),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export interface NewKey {
  readonly tenantId: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly Permission[];
}

/** A new API key; what it returns is all there will ever be of its secret. */
export async function createKey(owner: Owner, { tenantId, userId, name, scopes }: NewKey): Promise<string> {
  const id = uuidv7();
  const { text, secretHash } = makeKey(id);
  await owner
    .insertInto('api_keys')
    .values({ tenant_id: tenantId, id, user_id: userId, name, secret_hash: secretHash, scopes: [...scopes] })
    .execute();
  return text;
}

/** In the trail of the organization, in the caller's transaction; the actor is who sits at the command line. */
export async function recordEvent(owner: Owner, tenantId: string, action: string, details: object): Promise<void> {
  const claims = JSON.stringify({ tenant_id: tenantId, operator: operatorName() });
  await sql`select set_config('request.jwt.claims', ${claims}, true)`.execute(owner);
  await sql`select app.audit(${action}, 'done', 'organization', ${tenantId}::uuid, ${JSON.stringify(details)}::jsonb)`.execute(
    owner,
  );
}

function missing(what: string): never {
  throw new Error(`the database did not answer with an id for ${what}`);
}
