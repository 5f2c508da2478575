import pg from 'pg';
import type { TestLogins } from './server.ts';

const owner = 'login createdb createrole replication bypassrls';

/** Gives every test user its password; the embedded owner has one already. Roles are the cluster's. */
export async function createOwner(client: pg.ClientBase, logins: TestLogins): Promise<void> {
  const { username } = new URL(logins.postgres);
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [username]);
  if (rowCount === 0) await client.query(`create role ${pg.escapeIdentifier(username)} ${owner}`);
  await setPassword(client, logins.postgres);
}

export async function openLogins(client: pg.ClientBase, logins: TestLogins): Promise<void> {
  for (const login of [logins.granary_api, logins.granary_identity, logins.granary_worker])
    await setPassword(client, login);
}

/** Tests use other migrations as well, which need not create every login. */
async function setPassword(client: pg.ClientBase, login: string): Promise<void> {
  const { username, password } = new URL(login);
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [username]);
  if (rowCount === 0) return;
  const secret = pg.escapeLiteral(decodeURIComponent(password));
  await client.query(`alter role ${pg.escapeIdentifier(username)} login password ${secret}`);
}

/** Memberships that former migrations granted would hide that the present ones forget to. */
export async function dropProjectRoles(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(`select rolname as name from pg_roles
    where rolname ~ '^granary_' and rolname not in (current_user, 'granary_test_owner')
      or rolname in ('anon', 'authenticated', 'service_role', 'authenticator')`);
  for (const { name } of rows) {
    // what still has grants in a database of another run stays
    await client.query(`drop role ${pg.escapeIdentifier(name)}`).catch(() => {});
  }
}
