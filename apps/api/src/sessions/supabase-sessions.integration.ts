import { randomUUID } from 'node:crypto';
import { Passwords } from '@granary/domain';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';
import { startSupabase } from '../testing/supabase-server.ts';

const supabase = await startSupabase();
const settings = {
  url: supabase.url,
  anonKey: 'anon-key',
  tokens: {
    keys: { jwksUrl: `${supabase.url}/auth/v1/.well-known/jwks.json` },
    issuer: `${supabase.url}/auth/v1`,
    audience: 'authenticated',
  },
};
const api = await startTestApi({ supabase: settings });
const { owner } = api;
const password = 'a password that only Supabase knows';

beforeEach(() => {
  Object.assign(supabase.seen, { refreshes: 0, reuses: 0, loggedOut: [] });
  Object.assign(supabase.state, { isDown: false, gate: Promise.resolve() });
});

const post = (body: object, to = api.url, cookie = '') =>
  fetch(`${to}/v1/session/supabase`, {
    method: 'POST',
    headers: { origin: to, 'content-type': 'application/json', cookie },
    body: JSON.stringify(body),
  });
const cookieOf = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
const get = (cookie: string) => api.fetch('/v1/session', { key: null, headers: { cookie } });
const logOut = (cookie: string) =>
  api.fetch('/v1/session', { method: 'DELETE', key: null, headers: { cookie, origin: api.url } });
const problem = z.object({ kind: z.string(), details: z.record(z.string(), z.unknown()).optional() });

async function signIn(): Promise<{ readonly cookie: string; readonly sessionId: string; readonly userId: string }> {
  const email = `${randomUUID()}@supabase.example`;
  const userId = supabase.addPerson(email, password);
  const response = await post({ email, password });
  expect(response.status, await response.clone().text()).toBe(201);
  const { rows } = await owner.query('select id from identity.sessions where user_id = $1', [userId]);
  return { cookie: cookieOf(response), sessionId: rows[0].id, userId };
}
/** Before a process has looked at the session, so that none remembers that it need not. */
const becomes = async (sessionId: string, what: 'due' | 'expired') => {
  const set = what === 'due' ? '' : `, expires_at = now() - interval '1 s'`;
  await owner.query(
    `update identity.supabase_sessions set refresh_after = now() - interval '1 s'${set} where session_id = $1`,
    [sessionId],
  );
};
const stored = async (sessionId: string) =>
  (await owner.query('select * from identity.supabase_sessions where session_id = $1', [sessionId])).rows;

test('a password of Supabase opens a session whose tokens nobody sees: not the browser, the database’s reader or the log', async () => {
  const email = 'ada@supabase.example';
  const userId = supabase.addPerson(email, password);
  const response = await post({ email, password });
  expect(cookieOf(response)).toMatch(/^__Host-granary=[\w-]{43}$/);
  const text = await response.text();
  expect(JSON.parse(text)).toEqual({ userId });
  expect(await (await get(cookieOf(response))).json()).toMatchObject({ userId, email });
  const everything = [text, api.logs(), JSON.stringify([...response.headers])];
  for (const table of ['identity.supabase_sessions', 'identity.sessions', 'identity.session_tokens', 'audit_events']) {
    const { rows } = await owner.query<{ row: string }>(`select t::text as row from ${table} t`);
    everything.push(...rows.map(({ row }) => row));
    // as bytes as well: bytea is shown in hex
    for (const secret of supabase.secrets)
      expect(rows.some(({ row }) => row.includes(Buffer.from(secret).toString('hex')))).toBe(false);
  }
  expect(supabase.secrets.length).toBeGreaterThan(1);
  for (const secret of [...supabase.secrets, password])
    for (const each of everything) expect(each).not.toContain(secret);
});

test('so does a code that a log-in by PKCE came back with, once', async () => {
  const email = 'grace@supabase.example';
  const userId = supabase.addPerson(email, password);
  const codeVerifier = 'v'.repeat(43);
  const code = supabase.addCode(email, codeVerifier);
  const response = await post({ code, codeVerifier });
  expect(await response.json()).toEqual({ userId });
  expect((await get(cookieOf(response))).status).toBe(200);
  expect((await post({ code, codeVerifier })).status).toBe(401);
  expect((await post({ code: supabase.addCode(email, codeVerifier), codeVerifier: 'w'.repeat(43) })).status).toBe(401);
});

test('what Supabase refuses is refused here, what is half is invalid, and an address that a local account has is a conflict', async () => {
  const email = 'wrong@supabase.example';
  supabase.addPerson(email, password);
  const refused = await post({ email, password: 'another' });
  expect(refused.status).toBe(401);
  expect(await refused.text()).not.toContain('another');
  expect((await post({ email })).status).toBe(400);
  expect((await post({ email, password, code: 'x', codeVerifier: 'v'.repeat(43) })).status).toBe(400);
  const { rows } = await owner.query('select email from users where id = $1', [api.ours.as.owner.userId]);
  supabase.addPerson(rows[0].email, password);
  expect((await post({ email: rows[0].email, password })).status).toBe(409);
  supabase.state.isDown = true;
  expect((await post({ email, password })).status).toBe(503);
});

test('who has an account here links that of Supabase to it, having shown both; then either signs them in', async () => {
  const { userId, tenantId } = api.ours.as.owner;
  const { rows } = await owner.query('select email from users where id = $1', [userId]);
  const { email } = rows[0];
  const here = 'a password that only Granary knows';
  await owner.query(
    `insert into identity.accounts (user_id, provider_id, account_id, password) select id, 'password', id::text, $2 from users where id = $1`,
    [userId, await new Passwords().hash(here)],
  );
  const subject = supabase.addPerson(email, password);
  const conflict = await post({ email, password });
  expect(conflict.status).toBe(409);
  const headers = { origin: api.url, 'content-type': 'application/json' };
  const send = (path: string, body: object, cookie = '') =>
    fetch(`${api.url}${path}`, { method: 'POST', headers: { ...headers, cookie }, body: JSON.stringify(body) });
  const cookie = cookieOf(await send('/v1/session', { login: email, password: here }));
  const link = (body: object) => send('/v1/user/supabase', { email, password, currentPassword: here, ...body }, cookie);
  expect((await link({ currentPassword: 'another' })).status).toBe(403);
  expect((await link({ password: 'another' })).status).toBe(401);
  const other = await signIn(); // of somebody who is somebody here
  const { rows: others } = await owner.query('select email from users where id = $1', [other.userId]);
  expect((await link({ email: others[0].email })).status).toBe(409);
  expect(await (await link({})).json()).toEqual({ userId, subject });
  expect((await link({})).status, 'again changes nothing').toBe(201);
  const linked = await post({ email, password });
  expect(await linked.json()).toEqual({ userId });
  expect(await (await get(cookieOf(linked))).json()).toMatchObject({ userId, tenantId });
  await owner.query(`update identity.supabase_sessions set refresh_after = now() where subject = $1`, [subject]);
  expect((await get(cookieOf(await post({ email, password })))).status).toBe(200);
  // a new password by a mailed link or an operator, who fear that somebody else is in
  await owner.query('select app.set_password($1, $2, null)', [
    userId,
    await new Passwords().hash('one more of its own'),
  ]);
  expect((await get(cookieOf(linked))).status).toBe(401);
  expect((await post({ email, password })).status, 'linked no more').toBe(409);
});

test('somebody who is not active starts no session that would hold once they are again', async () => {
  const email = `${randomUUID()}@supabase.example`;
  const userId = supabase.addPerson(email, password);
  await post({ email, password });
  const sessions = async () =>
    (await owner.query('select id from identity.sessions where user_id = $1', [userId])).rows.length;
  expect(await sessions()).toBe(1);
  await owner.query('update users set is_active = false where id = $1', [userId]);
  const refused = await post({ email, password });
  expect(refused.status).toBe(403);
  expect(refused.headers.getSetCookie()).toEqual([]);
  expect(await sessions()).toBe(1);
});

test('a new password leaves the account of Supabase that somebody came by', async () => {
  const { userId } = await signIn();
  await owner.query('select app.set_password($1, $2, null)', [
    userId,
    await new Passwords().hash('one more of its own'),
  ]);
  const { rows } = await owner.query('select email from users where id = $1', [userId]);
  expect(await (await post({ email: rows[0].email, password })).json()).toEqual({ userId });
});

test('somebody whose only password is at Supabase deletes an organization with that', async () => {
  const { cookie, userId } = await signIn();
  await owner.query(`select app.create_organization('Theirs', $1)`, [userId]);
  const send = (path: string, method: string, body: object) =>
    fetch(`${api.url}${path}`, {
      method,
      headers: { origin: api.url, 'content-type': 'application/json', cookie: current },
      body: JSON.stringify(body),
    });
  const { rows } = await owner.query('select tenant_id from memberships where user_id = $1', [userId]);
  let current = cookie;
  current = cookieOf(await send('/v1/session/organization', 'PUT', { organizationId: rows[0].tenant_id }));
  expect((await send('/v1/organization/deletion', 'POST', { currentPassword: 'another' })).status).toBe(403);
  const deleted = await send('/v1/organization/deletion', 'POST', { currentPassword: password });
  expect(await deleted.json()).toMatchObject({ organizationId: rows[0].tenant_id });
  const closed = await api.fetch('/v1/datasets', { key: null, headers: { cookie: current } });
  expect(closed.status).toBe(412);
  expect(problem.parse(await closed.json()).details).toMatchObject({ reason: 'organization_closing' });
});

test.each(['due', 'expired'] as const)(
  'of 50 requests with a token that is %s one refreshes, and nobody is logged out',
  async (what) => {
    const { cookie, sessionId } = await signIn();
    await becomes(sessionId, what);
    const [before] = await stored(sessionId);
    const answers = await Promise.all(Array.from({ length: 50 }, () => get(cookie)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(supabase.seen).toMatchObject({ refreshes: 1, reuses: 0 });
    const [after] = await stored(sessionId);
    expect(after.generation).toBe(1);
    expect(after.sealed_tokens.equals(before.sealed_tokens)).toBe(false);
    expect(Date.parse(after.expires_at) - Date.parse(after.refresh_after), 'five minutes before').toBe(300_000);
  },
);

test('while Supabase is down, a token that still holds is enough; one that has expired is told to wait, and logs nobody out', async () => {
  const [due, expired] = [await signIn(), await signIn()];
  await becomes(due.sessionId, 'due');
  await becomes(expired.sessionId, 'expired');
  supabase.state.isDown = true;
  expect((await get(due.cookie)).status).toBe(200);
  const waiting = await get(expired.cookie);
  expect(waiting.status).toBe(503);
  expect((await stored(expired.sessionId))[0].busy_until, 'not asked again at once').not.toBeNull();
  supabase.state.isDown = false;
  expect((await get(expired.cookie)).status).toBe(200); // waits for as long as nobody is to ask
  expect((await get(due.cookie)).status).toBe(200);
  expect(supabase.seen.reuses).toBe(0);
});

test('a session that Supabase has ended ends here, says so, and keeps no tokens', async () => {
  const { cookie, sessionId, userId } = await signIn();
  await becomes(sessionId, 'due');
  for (const family of supabase.families) if (family.userId === userId) family.isOver = true;
  const answers = await Promise.all(Array.from({ length: 10 }, () => get(cookie)));
  for (const answer of [...answers, await get(cookie)]) {
    expect(answer.status).toBe(401);
    expect(problem.parse(await answer.json()).details).toEqual({ reason: 'supabase_session_ended' });
  }
  expect(await stored(sessionId)).toEqual([]);
  expect(supabase.seen.refreshes).toBe(1);
});

test('logging out ends the session at Supabase too, and here also while that is down', async () => {
  const first = await signIn();
  expect((await logOut(first.cookie)).status).toBe(200);
  expect(supabase.seen.loggedOut).toHaveLength(1);
  expect(supabase.secrets).toContain(supabase.seen.loggedOut[0]);
  expect((await get(first.cookie)).status).toBe(401);
  expect(await stored(first.sessionId)).toEqual([]);
  const second = await signIn();
  expect((await get(second.cookie)).status).toBe(200);
  supabase.state.isDown = true;
  expect((await logOut(second.cookie)).status).toBe(200);
  expect((await get(second.cookie)).status).toBe(401);
});

test('what a refresh brings after the session was ended meanwhile is given back', async () => {
  const { cookie, sessionId } = await signIn();
  await becomes(sessionId, 'due');
  const gate = Promise.withResolvers<void>();
  supabase.state.gate = gate.promise;
  const refreshing = get(cookie);
  await expect.poll(() => supabase.seen.refreshes).toBe(1);
  await owner.query('update identity.sessions set revoked_at = now() where id = $1', [sessionId]);
  gate.resolve();
  expect((await refreshing).status).toBe(401);
  expect(supabase.seen.loggedOut).toHaveLength(1);
  expect(await stored(sessionId)).toEqual([]);
});

test('who died while refreshing holds the others up no longer than the lease', async () => {
  const { cookie, sessionId } = await signIn();
  await becomes(sessionId, 'expired');
  await owner.query(`update identity.supabase_sessions set busy_until = now() + interval '1 s' where session_id = $1`, [
    sessionId,
  ]);
  expect((await get(cookie)).status).toBe(200);
  expect(supabase.seen.refreshes).toBe(1);
});

test('tokens open for their own session alone', async () => {
  const [mine, theirs] = [await signIn(), await signIn()];
  await owner.query(
    `update identity.supabase_sessions t set sealed_tokens = s.sealed_tokens, wrapped_key = s.wrapped_key
     from identity.supabase_sessions s where t.session_id = $1 and s.session_id = $2`,
    [mine.sessionId, theirs.sessionId],
  );
  expect((await get(mine.cookie)).status).toBe(412);
});
