import { createHash, randomBytes } from 'node:crypto';
import { Passwords } from '@granary/domain';
import { TOTP, URI } from 'otpauth';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const { owner, ours, theirs } = api;
const password = 'quite a long winter evening';
const passwords = new Passwords();

let count = 0;
async function givenPerson({ tenants = [ours.tenantId] }: { tenants?: string[] } = {}) {
  count += 1;
  const email = `Person.${count}@example.org`;
  const { rows } = await owner.query('insert into users (email, username, name) values ($1, $2, $3) returning id', [
    email,
    `Person${count}`,
    'Person',
  ]);
  const { id } = rows[0];
  await owner.query(
    `insert into identity.accounts (user_id, provider_id, account_id, password) values ($1::uuid, 'password', $1::uuid::text, $2)`,
    [id, await passwords.hash(password)],
  );
  for (const tenant of tenants) {
    await owner.query('insert into memberships (tenant_id, user_id) values ($1, $2)', [tenant, id]);
    await owner.query(
      `insert into user_roles (tenant_id, user_id, role_id) select $1, $2, id from roles where tenant_id = $1 and name = 'editor'`,
      [tenant, id],
    );
  }
  return { id: id as string, email };
}

const here = { origin: api.url, 'content-type': 'application/json' };
const post = (path: string, body: object, headers: Record<string, string> = {}, method = 'POST') =>
  api.fetch(path, { method, key: null, headers: { ...here, ...headers }, body: JSON.stringify(body) });
const cookieOf = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
const get = (path: string, cookie: string) => api.fetch(path, { key: null, headers: { cookie } });
const sessionOf = async (response: Response) =>
  z.object({ userId: z.uuid(), tenantId: z.uuid().nullable() }).parse(await response.json());
const problemOf = async (response: Response) =>
  z.object({ kind: z.string(), detail: z.string() }).parse(await response.json());

async function signIn(login: string) {
  const response = await post('/v1/session', { login, password });
  expect(response.status).toBe(201);
  return cookieOf(response);
}

test('a password opens a session that travels as a cookie alone', async () => {
  const { id, email } = await givenPerson();
  const response = await post('/v1/session', { login: email.toUpperCase(), password, device: 'a test' });
  const [cookie = ''] = response.headers.getSetCookie();
  expect(cookie).toMatch(/^__Host-granary=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  expect(await response.json()).toEqual({ userId: id });
  const session = await (await get('/v1/session', cookieOf(response))).json();
  expect(session).toMatchObject({ userId: id, tenantId: ours.tenantId, keyId: null });
  const token = cookieOf(response).split('=')[1] ?? '';
  const { rows } = await owner.query('select token_hash from identity.session_tokens');
  expect(rows.map(({ token_hash }) => token_hash)).toContainEqual(createHash('sha256').update(token).digest());
});

test('by the user name as well, whatever its case', async () => {
  await givenPerson();
  expect(await signIn(`pERSON${count}`)).toMatch(/^__Host-granary=/);
});

test('a wrong password, an unknown name and somebody without a password are refused in the same words', async () => {
  const { email } = await givenPerson();
  const answers = await Promise.all(
    [
      { login: email, password: 'wrong' },
      { login: 'nobody@example.org', password },
      { login: ours.as.editor.userId, password },
    ].map((body) => post('/v1/session', body)),
  );
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  const problems = await Promise.all(answers.map(problemOf));
  expect(new Set(problems.map(({ detail }) => detail)).size).toBe(1);
  expect(answers.every((answer) => cookieOf(answer) === '')).toBe(true);
});

test('the eleventh guess at one account waits, from whatever address, and also for the right password', async () => {
  const { email } = await givenPerson();
  for (let guess = 0; guess < 10; guess += 1)
    expect((await post('/v1/session', { login: email, password: `wrong ${guess}` })).status).toBe(401);
  const late = await post('/v1/session', { login: email, password });
  expect(late.status).toBe(429);
  expect(await late.json()).toMatchObject({ details: { retryAfterSeconds: expect.any(Number) } });
});

test('logging out ends the session for its token at once, and takes the cookie away', async () => {
  const { email } = await givenPerson();
  const cookie = await signIn(email);
  const response = await api.fetch('/v1/session', {
    method: 'DELETE',
    key: null,
    headers: { cookie, origin: api.url },
  });
  expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-granary=; Max-Age=0;/);
  expect((await get('/v1/session', cookie)).status).toBe(401);
});

test('sessions are listed, named and revoked one by one; of nobody else', async () => {
  const { email } = await givenPerson();
  const [phone, desk] = [await signIn(email), await signIn(email)];
  const listed = z.array(z.object({ id: z.uuid(), name: z.string().nullable(), isCurrent: z.boolean() }));
  const list = async (cookie: string) => listed.parse(await (await get('/v1/sessions', cookie)).json());
  const sessions = await list(desk);
  expect(sessions).toHaveLength(2);
  const other = sessions.find(({ isCurrent }) => !isCurrent) ?? expect.fail();
  expect((await post(`/v1/sessions/${other.id}`, { name: 'phone' }, { cookie: desk }, 'PATCH')).status).toBe(200);
  expect((await list(phone)).find(({ isCurrent }) => isCurrent)?.name).toBe('phone');

  const stranger = await signIn((await givenPerson({ tenants: [theirs.tenantId] })).email);
  const revoke = (cookie: string) =>
    api.fetch(`/v1/sessions/${other.id}`, { method: 'DELETE', key: null, headers: { cookie, origin: api.url } });
  expect((await revoke(stranger)).status).toBe(404);
  expect((await get('/v1/session', phone)).status).toBe(200);
  expect((await revoke(desk)).status).toBe(200);
  expect((await get('/v1/session', phone)).status).toBe(401);
  expect((await get('/v1/session', desk)).status).toBe(200);
});

test('switching gives a token for the other organization; one that one is not in does not exist', async () => {
  const { email } = await givenPerson({ tenants: [ours.tenantId, theirs.tenantId] });
  const cookie = await signIn(email);
  const before = await sessionOf(await get('/v1/session', cookie));
  const other = before.tenantId === ours.tenantId ? theirs.tenantId : ours.tenantId;
  const switched = await post('/v1/session/organization', { organizationId: other }, { cookie }, 'PUT');
  const moved = cookieOf(switched);
  expect(await (await get('/v1/session', moved)).json()).toMatchObject({ tenantId: other });
  const nowhere = await post('/v1/session/organization', { organizationId: before.userId }, { cookie: moved }, 'PUT');
  expect(nowhere.status).toBe(404);
});

test('who is removed from the organization they work in gets nothing of it, and can go elsewhere or log out', async () => {
  const { id, email } = await givenPerson({ tenants: [ours.tenantId, theirs.tenantId] });
  const [stays, leaves] = [await signIn(email), await signIn(email)];
  const { tenantId } = await sessionOf(await get('/v1/session', stays));
  await owner.query('delete from user_roles where tenant_id = $1 and user_id = $2', [tenantId, id]);
  await owner.query('update memberships set left_at = now() where tenant_id = $1 and user_id = $2', [tenantId, id]);
  expect((await get('/v1/datasets', stays)).status).toBe(404);
  const other = tenantId === ours.tenantId ? theirs.tenantId : ours.tenantId;
  const switched = await post('/v1/session/organization', { organizationId: other }, { cookie: stays }, 'PUT');
  expect(switched.status).toBe(200);
  expect((await get('/v1/datasets', cookieOf(switched))).status).toBe(200);
  const gone = await api.fetch('/v1/session', {
    method: 'DELETE',
    key: null,
    headers: { cookie: leaves, origin: api.url },
  });
  expect(gone.headers.getSetCookie()[0]).toMatch(/^__Host-granary=; Max-Age=0;/);
});

test('somebody without an organization is somebody, and has no data', async () => {
  const { email } = await givenPerson({ tenants: [] });
  const cookie = await signIn(email);
  expect(await (await get('/v1/session', cookie)).json()).toMatchObject({ tenantId: null });
  const refused = await get('/v1/datasets', cookie);
  expect([refused.status, (await problemOf(refused)).kind]).toEqual([412, 'precondition']);
});

test('a change of password ends every other session and keeps this one; the old password is over', async () => {
  const { email } = await givenPerson();
  const [kept, ended] = [await signIn(email), await signIn(email)];
  const change = (body: object) => post('/v1/user/password', body, { cookie: kept }, 'PUT');
  expect((await change({ currentPassword: 'wrong', newPassword: 'another long evening' })).status).toBe(403);
  expect((await change({ currentPassword: password, newPassword: 'password1234' })).status).toBe(400);
  expect((await change({ currentPassword: password, newPassword: 'another long evening' })).status).toBe(200);
  expect((await get('/v1/session', kept)).status).toBe(200);
  expect((await get('/v1/session', ended)).status).toBe(401);
  expect((await post('/v1/session', { login: email, password })).status).toBe(401);
});

test('a session that was planted before is not the one that signing in gives', async () => {
  const { email } = await givenPerson();
  const planted = `__Host-granary=${randomBytes(32).toString('base64url')}`;
  const response = await post('/v1/session', { login: email, password }, { cookie: planted });
  expect(cookieOf(response)).not.toBe(planted);
  expect((await get('/v1/session', planted)).status).toBe(401);
});

test('an API key cannot do what is about passwords and sessions', async () => {
  for (const [method, path] of [
    ['GET', '/v1/sessions'],
    ['DELETE', '/v1/session'],
  ] as const)
    expect((await api.fetch(path, { method })).status).toBe(403);
});

test('what another site makes a browser send is refused: with the cookie, and when it signs somebody in', async () => {
  const { email } = await givenPerson();
  const cookie = await signIn(email);
  const attempts: Record<string, string>[] = [
    { cookie, origin: 'https://evil.example' },
    { cookie, origin: 'null' },
    { cookie, 'sec-fetch-site': 'cross-site' },
    { cookie, 'sec-fetch-site': 'same-site' },
    { cookie },
  ];
  for (const headers of attempts) {
    const refused = await api.fetch('/v1/session', { method: 'DELETE', key: null, headers });
    expect(refused.status, JSON.stringify(headers)).toBe(403);
  }
  const planted = await post('/v1/session', { login: email, password }, { origin: 'https://evil.example' });
  expect([planted.status, cookieOf(planted)]).toEqual([403, '']);
  const form = await api.fetch('/v1/session', {
    method: 'POST',
    key: null,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `login=${email}&password=${password}`,
  });
  expect(form.status).toBe(415);
  expect((await get('/v1/session', cookie)).status).toBe(200);
});

test('a second factor is asked for once it is confirmed; each of its codes is good once', async () => {
  const { email } = await givenPerson();
  const cookie = await signIn(email);
  const begun = await post('/v1/user/second-factor', {}, { cookie });
  const { uri } = z.object({ uri: z.string() }).parse(await begun.json());
  const app = URI.parse(uri);
  if (!(app instanceof TOTP)) throw new Error('not of the kind that counts time');
  const codeAfter = (periods: number) => app.generate({ timestamp: Date.now() + periods * 30_000 });
  const logIn = (code?: string) => post('/v1/session', { login: email, password, code });

  expect((await logIn()).status, 'not confirmed yet').toBe(201);
  expect((await post('/v1/user/second-factor/confirmation', { code: '000000' }, { cookie })).status).toBe(401);
  const confirmed = await post('/v1/user/second-factor/confirmation', { code: codeAfter(-1) }, { cookie });
  const { recoveryCodes } = z.object({ recoveryCodes: z.array(z.string()) }).parse(await confirmed.json());
  expect(new Set(recoveryCodes).size).toBe(10);

  const asked = await logIn();
  expect([asked.status, cookieOf(asked)]).toEqual([401, '']);
  expect(await asked.json()).toMatchObject({ details: { reason: 'second_factor' } });
  const code = codeAfter(0);
  const together = await Promise.all(Array.from({ length: 5 }, () => logIn(code)));
  expect(together.map(({ status }) => status).sort()).toEqual([201, 401, 401, 401, 401]);
  await owner.query('delete from identity.rate_limits');
  const [first = '', second = ''] = recoveryCodes;
  expect((await logIn(first.toUpperCase().replaceAll('-', ' '))).status).toBe(201);
  expect((await logIn(first)).status).toBe(401);

  expect((await post('/v1/user/second-factor', {}, { cookie })).status).toBe(409);
  expect((await post('/v1/user/second-factor/removal', { code: second }, { cookie })).status).toBe(201);
  expect((await logIn()).status).toBe(201);
});

test('right passwords do not make room for guessing codes', async () => {
  const { email } = await givenPerson();
  const cookie = await signIn(email);
  const begun = await post('/v1/user/second-factor', {}, { cookie });
  const app = URI.parse(z.object({ uri: z.string() }).parse(await begun.json()).uri);
  if (!(app instanceof TOTP)) throw new Error('not of the kind that counts time');
  await post('/v1/user/second-factor/confirmation', { code: app.generate() }, { cookie });
  await owner.query('delete from identity.rate_limits');
  const guesses: number[] = [];
  for (let guess = 0; guess < 11; guess += 1)
    guesses.push((await post('/v1/session', { login: email, password, code: 'abcdef' })).status);
  expect(guesses).toEqual([...Array(10).fill(401), 429]);
});
