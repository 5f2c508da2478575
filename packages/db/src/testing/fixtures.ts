import type pg from 'pg';
import type { Member } from '../session/identity.ts';

/** `editor` owns what a test makes; `colleague` has the same role in the same organization, and no share. */
export const testMembers = ['owner', 'admin', 'editor', 'colleague', 'viewer', 'auditor'] as const;
export type TestMember = (typeof testMembers)[number];

export interface TestOrganization {
  readonly tenantId: string;
  readonly as: Readonly<Record<TestMember, Member>>;
  readonly roleIds: Readonly<Record<string, string>>;
}

/** An organization with a member for each built-in role, made by the owner's connection. */
export async function createTestOrganization(owner: pg.Pool, name: string): Promise<TestOrganization> {
  const users = new Map<TestMember, string>();
  for (const member of testMembers) {
    const { rows } = await owner.query<{ id: string }>(
      `insert into public.users (email, name) values ($1 || '@' || app.uuidv7() || '.test', $1) returning id`,
      [member],
    );
    users.set(member, rows[0]!.id);
  }
  const created = await owner.query<{ tenant: string }>('select app.create_organization($1, $2) as tenant', [
    name,
    users.get('owner'),
  ]);
  const tenantId = created.rows[0]!.tenant;
  const roles = await owner.query<{ id: string; name: string }>('select id, name from roles where tenant_id = $1', [
    tenantId,
  ]);
  const roleIds = Object.fromEntries(roles.rows.map((role) => [role.name, role.id]));
  for (const member of testMembers.filter((each) => each !== 'owner')) {
    const role = member === 'colleague' ? 'editor' : member;
    await owner.query('insert into memberships (tenant_id, user_id) values ($1, $2)', [tenantId, users.get(member)]);
    await owner.query('insert into user_roles (tenant_id, user_id, role_id) values ($1, $2, $3)', [
      tenantId,
      users.get(member),
      roleIds[role],
    ]);
  }
  const as = (member: TestMember): Member => ({ userId: users.get(member) ?? '', tenantId });
  return {
    tenantId,
    roleIds,
    as: {
      owner: as('owner'),
      admin: as('admin'),
      editor: as('editor'),
      colleague: as('colleague'),
      viewer: as('viewer'),
      auditor: as('auditor'),
    },
  };
}
