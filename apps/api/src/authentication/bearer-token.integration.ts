import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const issuer = 'https://project.supabase.test/auth/v1';
type Key = Awaited<ReturnType<typeof generateKeyPair>>;

/** Publishes keys as Supabase Auth does. */
const published: JWK[] = [];
let asked = 0;
const server = createServer((_request, response) => {
  asked += 1;
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
});
async function publish(kid: string, alg = 'ES256'): Promise<Key> {
  const pair = await generateKeyPair(alg, { extractable: true });
  published.push({ ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' });
  return pair;
}

let api: TestApi;
let first: Key;
beforeAll(async () => {
  first = await publish('first');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  api = await startTestApi({
    tokens: { keys: { jwksUrl: `http://127.0.0.1:${port}/jwks.json` }, issuer, audience: 'authenticated' },
  });
});
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

interface Forged {
  readonly kid?: string;
  readonly key?: Key['privateKey'] | Uint8Array;
  readonly alg?: string;
  readonly claims?: Record<string, unknown>;
  readonly expires?: string | number;
}
const sign = (sub: string, { kid = 'first', key, alg = 'ES256', claims = {}, expires = '1h' }: Forged = {}) =>
  new SignJWT({
    sub,
    email: `${sub}@example.org`,
    role: 'authenticated',
    iss: issuer,
    aud: 'authenticated',
    user_metadata: { tenant_id: api.ours.tenantId, role: 'owner' },
    ...claims,
  })
    .setProtectedHeader({ alg, kid })
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(key ?? first.privateKey);

const session = z.object({ userId: z.uuid(), email: z.string(), tenantId: z.uuid().nullable() });
const whoAmI = (token: string, headers: Record<string, string> = {}) =>
  api.fetch('/v1/session', { key: token, headers });

test('a person is made on first sight, once, with the subject as id and no organization', async () => {
  const sub = randomUUID();
  const token = await sign(sub);
  const answers = await Promise.all(Array.from({ length: 10 }, () => whoAmI(token)));
  for (const answer of answers)
    expect(session.parse(await answer.json())).toEqual({ userId: sub, email: `${sub}@example.org`, tenantId: null });
  expect((await api.fetch('/v1/datasets', { key: token })).status).toBe(412);
});

test('an organization that they belong to can be chosen; another does not exist', async () => {
  const sub = randomUUID();
  await whoAmI(await sign(sub));
  await api.owner.query('insert into memberships (tenant_id, user_id) values ($1, $2)', [api.ours.tenantId, sub]);
  const choose = async (tenantId: string) => whoAmI(await sign(sub), { 'granary-organization': tenantId });
  expect(session.parse(await (await choose(api.ours.tenantId)).json()).tenantId).toBe(api.ours.tenantId);
  expect((await choose(api.theirs.tenantId)).status).toBe(404);
  expect((await choose('everything')).status).toBe(400);
});

test('who names an organization that they do not belong to leaves no trace in it and uses nothing of it up', async () => {
  const stranger = await sign(randomUUID());
  const { tenantId } = api.theirs;
  await api.owner.query(
    `insert into entitlement_overrides (tenant_id, entitlement, value, reason) values ($1, 'api_requests_per_minute', 3, 'test')`,
    [tenantId],
  );
  const trail = async () =>
    (await api.owner.query('select count(*) from audit_events where tenant_id = $1', [tenantId])).rows[0].count;
  const before = await trail();
  const ask = async (method: string, path: string, body: object) => {
    const headers = { 'granary-organization': tenantId, 'content-type': 'application/json' };
    return (await api.fetch(path, { method, key: stranger, headers, body: JSON.stringify(body) })).status;
  };
  expect(await ask('PUT', '/v1/session/organization', { organizationId: tenantId })).toBe(403);
  expect(await ask('POST', '/v1/organizations', { name: 'written down elsewhere' })).toBe(404);
  expect(await ask('POST', '/v1/datasets', { name: 'not theirs' })).toBe(404);
  for (let request = 0; request < 5; request += 1)
    expect((await whoAmI(stranger, { 'granary-organization': tenantId })).status).toBe(404);
  expect(await trail()).toBe(before);
  const member = () => api.fetch('/v1/datasets', { key: api.keys.stranger });
  expect([(await member()).status, (await member()).status, (await member()).status]).toEqual([200, 200, 200]);
  expect((await member()).status).toBe(429);
});

test('whoever is deactivated here gets nothing by a token that is still good', async () => {
  const sub = randomUUID();
  const token = await sign(sub);
  expect((await whoAmI(token)).status).toBe(200);
  await api.owner.query('update users set is_active = false where id = $1', [sub]);
  expect((await whoAmI(token)).status).toBe(401);
});

test('an address that another account has joins nobody', async () => {
  const { rows } = await api.owner.query('select email from users where id = $1', [api.ours.as.owner.userId]);
  const token = await sign(randomUUID(), { claims: { email: rows[0].email } });
  expect((await whoAmI(token)).status).toBe(409);
});

test('a key that is new is fetched once it is needed; unknown ones do not make every request ask', async () => {
  const second = await publish('second');
  const withSecond = () => sign(randomUUID(), { kid: 'second', key: second.privateKey });
  await whoAmI(await sign(randomUUID())); // the keys of now are known
  const before = asked;
  for (let index = 0; index < 5; index += 1)
    expect((await whoAmI(await sign(randomUUID(), { kid: 'never', key: second.privateKey }))).status).toBe(401);
  expect(asked - before).toBeLessThanOrEqual(1);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 }); // an unknown key is asked for every 30 s at most
  onTestFinished(() => void vi.useRealTimers());
  expect((await whoAmI(await withSecond())).status).toBe(200);
  expect((await whoAmI(await sign(randomUUID()))).status, 'the former key is still published').toBe(200);
});

test('every other token is refused', async () => {
  const sub = randomUUID();
  const other = await generateKeyPair('ES256');
  const publicBytes = new TextEncoder().encode(JSON.stringify(published[0]));
  const claims = { sub, email: 'a@example.org', role: 'authenticated', iss: issuer, aud: 'authenticated' };
  const forged: Record<string, string> = {
    'alg none': new UnsecuredJWT(claims).setExpirationTime('1h').encode(),
    'a secret made of the public key': await sign(sub, { key: publicBytes, alg: 'HS256' }),
    'another key under the same id': await sign(sub, { key: other.privateKey }),
    'an unknown key id': await sign(sub, { kid: 'nobody' }),
    'another issuer': await sign(sub, { claims: { iss: 'https://evil.example' } }),
    'no issuer': await sign(sub, { claims: { iss: undefined } }),
    'another audience': await sign(sub, { claims: { aud: 'anon' } }),
    expired: await sign(sub, { expires: Math.floor(Date.now() / 1000) - 60 }),
    'not yet valid': await sign(sub, { claims: { nbf: Math.floor(Date.now() / 1000) + 600 } }),
    'the role of the service': await sign(sub, { claims: { role: 'service_role' } }),
    'no subject': await sign(sub, { claims: { sub: undefined } }),
    'a subject that is no uuid': await sign("'; drop table users; --"),
    huge: await sign(sub, { claims: { padding: 'x'.repeat(20_000) } }),
    'a changed claim': (await sign(sub)).replace(
      /\.[^.]+\./,
      `.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`,
    ),
  };
  for (const [what, token] of Object.entries(forged)) expect((await whoAmI(token)).status, what).toBe(401);
  expect((await whoAmI(await sign(sub))).status, 'and the good one is good').toBe(200);
});

test('user_metadata, which its owner writes, decides nothing', async () => {
  const answer = await whoAmI(
    await sign(randomUUID(), { claims: { user_metadata: { tenant_id: api.ours.tenantId } } }),
  );
  expect(session.parse(await answer.json()).tenantId).toBeNull();
});
