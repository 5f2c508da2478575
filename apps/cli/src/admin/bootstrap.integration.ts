import { createDatabase, databaseEnvironment } from '@granary/db';
import { createTestDatabase } from '@granary/db/testing';
import { actions, CatalogueMemory, executeAction, KeyAuthenticator, permissions } from '@granary/domain';
import { identityOf } from '@granary/domain/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { withOwnerKysely } from '../database/owner-kysely.ts';
import { runCli } from '../testing/run-cli.ts';
import { type BootstrapRequest, bootstrapOrganization } from './bootstrap-organization.ts';

const database = await createTestDatabase();
const url = database.url('postgres');
const bootstrap = (request: Partial<BootstrapRequest> & Pick<BootstrapRequest, 'email' | 'organization'>) =>
  withOwnerKysely(url, databaseEnvironment.parse({}), (owner) =>
    bootstrapOrganization(owner, { name: 'Somebody', scopes: permissions, again: false, ...request }),
  );
const identityDatabase = createDatabase(database.pool('granary_identity'), { prepared: false });
const authenticator = new KeyAuthenticator(identityDatabase);
const api = createDatabase(database.pool('granary_api'), { prepared: false });
const call = async (name: string, apiKey: string, input: unknown = {}) => {
  const action = actions.find((each) => each.name === name);
  if (!action) throw new Error(`no action ${name}`);
  return executeAction(
    { database: api, catalogue: new CatalogueMemory(), identity: identityOf(identityDatabase) },
    action,
    await authenticator.authenticate(apiKey),
    input,
  );
};

test('the key that it prints works, and its organization has the event', async () => {
  const { code, stdout, stderr } = await runCli(
    ['admin', 'bootstrap', '--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Engines', '--json'],
    { DATABASE_URL: url },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const made = z
    .object({ apiKey: z.string(), organizationId: z.string(), userId: z.string() })
    .parse(JSON.parse(stdout));
  expect(await call('session.whoAmI', made.apiKey)).toMatchObject({ email: 'ada@example.org', userId: made.userId });
  expect(await call('organization.get', made.apiKey)).toMatchObject({ id: made.organizationId, name: 'Engines' });
  expect(await call('audit.list', made.apiKey)).toMatchObject({
    items: [{ action: 'admin.bootstrap', actorKind: 'operator', outcome: 'done', entityId: made.organizationId }],
  });
  const events = await database.pool('postgres').query('select details::text as text from audit_events');
  expect(JSON.stringify(events.rows)).not.toContain(made.apiKey.slice(-40));
});

test('a second time nothing is made, unless one more key is asked for', async () => {
  const first = await bootstrap({ email: 'bea@example.org', organization: 'Bees' });
  await expect(bootstrap({ email: 'Bea@Example.org', organization: 'bees' })).rejects.toThrow(/already.*--again/s);
  const again = await bootstrap({
    email: 'bea@example.org',
    organization: 'Bees',
    again: true,
    scopes: ['dataset:read'],
  });
  expect(again).toMatchObject({ userId: first.userId, organizationId: first.organizationId });
  expect(await call('session.whoAmI', first.apiKey)).toMatchObject({ email: 'bea@example.org' });
  await expect(call('datasets.create', again.apiKey, { name: 'x' })).rejects.toMatchObject({ kind: 'forbidden' });
  await expect(call('datasets.create', first.apiKey, { name: 'x' })).resolves.toBeDefined();
});

test('a person may found another organization, but none with the name of somebody else’s', async () => {
  const one = await bootstrap({ email: 'cat@example.org', organization: 'Cats' });
  const two = await bootstrap({ email: 'cat@example.org', organization: 'More cats' });
  expect(two.userId).toBe(one.userId);
  expect(two.organizationId).not.toBe(one.organizationId);
  await expect(bootstrap({ email: 'dan@example.org', organization: 'cats' })).rejects.toThrow(/choose another name/);
  const { rowCount } = await database.pool('postgres').query(`select from users where email = 'dan@example.org'`);
  expect(rowCount).toBe(0); // refused as a whole
});

test('of several operators at once one succeeds', async () => {
  const attempts = Array.from({ length: 5 }, () => bootstrap({ email: 'eve@example.org', organization: 'Eves' }));
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const { rows } = await database
    .pool('postgres')
    .query(`select count(*)::int as n from organizations where name = 'Eves'`);
  expect(rows).toEqual([{ n: 1 }]);
});

test('an account that is not active gets nothing', async () => {
  await database.pool('postgres').query(`insert into users (email, is_active) values ('gone@example.org', false)`);
  await expect(bootstrap({ email: 'gone@example.org', organization: 'Ghosts' })).rejects.toThrow('not active');
});

test('a database without the schema is said to be one', async () => {
  const empty = await createTestDatabase({ migrated: false });
  const { code, stderr } = await runCli(
    ['admin', 'bootstrap', '--email', 'a@b.example', '--name', 'A', '--organization', 'A'],
    { DATABASE_URL: empty.url('postgres') },
  );
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('granary db up') });
});
