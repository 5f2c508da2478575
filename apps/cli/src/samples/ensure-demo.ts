import { type Permission, parseKey, permissions } from '@granary/domain';
import { sql } from 'kysely';
import { createKey, createOrganization, ensureMember, ensureUser } from '../admin/accounts.ts';
import type { Owner } from '../database/owner-kysely.ts';
import type { Demo, DemoPerson } from './demo-file.ts';

const people = {
  owner: { email: 'ada@demo.granary.example', name: 'Ada', organization: 'Granary Demo', role: 'owner' },
  colleague: { email: 'ben@demo.granary.example', name: 'Ben', organization: 'Granary Demo', role: 'editor' },
  stranger: { email: 'eve@demo.granary.example', name: 'Eve', organization: 'Another Organization', role: 'owner' },
} as const;

/** The two organizations and three people of the demo, each with a key; a known key that still works is kept. */
export function ensureDemo(owner: Owner, known: Demo | undefined): Promise<Demo> {
  return owner.transaction().execute(async (transaction) => {
    const ensure = async (role: keyof typeof people) => ensurePerson(transaction, people[role], known?.[role]);
    return { owner: await ensure('owner'), colleague: await ensure('colleague'), stranger: await ensure('stranger') };
  });
}

async function ensurePerson(
  owner: Owner,
  { email, name, organization, role }: (typeof people)[keyof typeof people],
  known: DemoPerson | undefined,
): Promise<DemoPerson> {
  const userId = await ensureUser(owner, { email, name });
  const tenantId = (await findDemo(owner, organization)) ?? (await createOrganization(owner, organization, userId));
  await ensureMember(owner, tenantId, userId, role);
  const scopes = await permissionsOf(owner, role);
  const isGood = known?.userId === userId && known.tenantId === tenantId && (await works(owner, known.apiKey, scopes));
  const apiKey = isGood ? known.apiKey : await createKey(owner, { tenantId, userId, name: 'granary start', scopes });
  return { email, userId, tenantId, apiKey };
}

/** By a member of the demo's: an organization of somebody else may have the same name. */
async function findDemo(owner: Owner, name: string): Promise<string | undefined> {
  const found = await owner
    .selectFrom('organizations')
    .innerJoin('memberships', 'memberships.tenant_id', 'organizations.id')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select('organizations.id')
    .where('organizations.name', '=', name)
    .where(
      'users.email',
      'in',
      Object.values(people).map(({ email }) => email),
    )
    .executeTakeFirst();
  return found?.id;
}

async function permissionsOf(owner: Owner, role: string): Promise<Permission[]> {
  const { rows } = await sql<{ permissions: string[] }>`
    select permissions from app.builtin_roles() where name = ${role}`.execute(owner);
  return permissions.filter((each) => rows[0]?.permissions.includes(each));
}

/** Whether the key is in the database, good, and may do what a new one could: later versions bring more permissions. */
async function works(owner: Owner, apiKey: string, scopes: readonly Permission[]): Promise<boolean> {
  const key = parseKey(apiKey);
  if (!key) return false;
  const found = await owner
    .selectFrom('api_keys')
    .select('scopes')
    .where('id', '=', key.id)
    .where('secret_hash', '=', key.secretHash)
    .where('revoked_at', 'is', null)
    .where('expires_at', 'is', null)
    .executeTakeFirst();
  return scopes.every((scope) => found?.scopes.includes(scope));
}
