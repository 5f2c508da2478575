import { randomBytes } from 'node:crypto';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { actions, CatalogueMemory, executeAction, keyContext, MasterKeys } from '@granary/domain';
import { expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const [former, next, other] = [newKey(), newKey(), newKey()];
function newKey(): string {
  return randomBytes(32).toString('base64');
}

test('keys are encrypted under the new master key, and are the same keys; with a wrong one nothing changes', async () => {
  const { as, tenantId } = await createTestOrganization(owner, 'ours');
  const create = actions.find(({ name }) => name === 'datasets.create')!;
  const api = createDatabase(database.pool('granary_api'), { prepared: true });
  const dependencies = { database: api, catalogue: new CatalogueMemory(), masterKeys: MasterKeys.parse(former) };
  await executeAction(dependencies, create, as.editor, { name: 'people', identifiers: ['id'] });
  const secret = randomBytes(20);
  const { userId } = as.viewer;
  await owner.query('insert into identity.second_factors (user_id, secret) values ($1, $2)', [
    userId,
    dependencies.masterKeys.wrap(secret, keyContext.secondFactor(userId)),
  ]);
  const sessions = await owner.query<{ id: string }>(
    `insert into identity.sessions (user_id, expires_at, absolute_expires_at) values ($1, now(), now()) returning id`,
    [userId],
  );
  const sessionId = sessions.rows[0]!.id;
  await owner.query(
    `insert into identity.supabase_sessions (session_id, subject, wrapped_key, sealed_tokens, expires_at, refresh_after) values ($1, $1, $2, '', now(), now())`,
    [sessionId, dependencies.masterKeys.wrap(secret, keyContext.supabaseSession(sessionId))],
  );
  const webhook = actions.find(({ name }) => name === 'webhooks.create')!;
  await executeAction(dependencies, webhook, as.admin, { url: 'https://hooks.example/' });
  const signingKey = async (master: string) => {
    const { rows } = await owner.query('select id, endpoint_id, wrapped from webhook_secrets');
    const { id, endpoint_id: webhookId, wrapped } = rows[0];
    return MasterKeys.parse(master)
      .unwrap(wrapped, keyContext.webhookSecret(tenantId, webhookId, id))
      .toString('hex');
  };
  const signedWith = await signingKey(former);
  const keys = async (master: string) => {
    const { rows } = await owner.query<{ id: string; purpose: 'pseudonym' | 'dataset'; wrapped: Buffer }>(
      'select id, purpose, wrapped from encryption_keys order by id',
    );
    return rows.map(({ id, purpose, wrapped }) =>
      MasterKeys.parse(master).unwrap(wrapped, keyContext[purpose](tenantId, id)).toString('hex'),
    );
  };
  const before = await keys(former);
  const rewrap = (masterKey: string) =>
    runCli(['db', 'rewrap-keys'], { DATABASE_URL: database.url('postgres'), GRANARY_MASTER_KEY: masterKey });

  expect(await rewrap(`${next},${other}`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is not the key'),
  });
  expect((await rewrap('')).stderr).toContain('set GRANARY_MASTER_KEY');
  expect(await keys(former)).toEqual(before);

  expect(await rewrap(`${next},${former}`)).toMatchObject({ code: 0, stdout: '5 keys encrypted anew\n' });
  const { rows } = await owner.query<{ secret: Buffer }>('select secret from identity.second_factors');
  const moved = MasterKeys.parse(next).unwrap(rows[0]!.secret, keyContext.secondFactor(userId));
  expect(moved.equals(secret)).toBe(true);
  const held = await owner.query<{ wrapped_key: Buffer }>('select wrapped_key from identity.supabase_sessions');
  const sessionKey = MasterKeys.parse(next).unwrap(held.rows[0]!.wrapped_key, keyContext.supabaseSession(sessionId));
  expect(sessionKey.equals(secret)).toBe(true);
  expect(await keys(next)).toEqual(before);
  expect(await signingKey(next)).toBe(signedWith);
  expect((await rewrap('c2hvcnQ=')).stderr).not.toContain('c2hvcnQ=');
});
