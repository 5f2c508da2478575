import { Passwords } from '@granary/domain';
import { beforeAll, expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';

// due at once, so that every request would renew
const api = await startTestApi({
  sessionLifetime: { idleSeconds: 3600, absoluteSeconds: 86_400, renewAfterSeconds: 0 },
});
const password = 'quite a long winter evening';
const { userId } = api.ours.as.editor;

beforeAll(async () => {
  await api.owner.query(
    `insert into identity.accounts (user_id, provider_id, account_id, password) values ($1::uuid, 'password', $1::uuid::text, $2)`,
    [userId, await new Passwords().hash(password)],
  );
});

const cookiesOf = (response: Response) => response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
const get = (cookie: string) => api.fetch('/v1/session', { key: null, headers: { cookie } });

async function signIn(): Promise<string> {
  const { rows } = await api.owner.query('select email from users where id = $1', [userId]);
  const response = await api.fetch('/v1/session', {
    method: 'POST',
    key: null,
    headers: { origin: api.url, 'content-type': 'application/json' },
    body: JSON.stringify({ login: rows[0].email, password }),
  });
  return cookiesOf(response)[0] ?? expect.fail(await response.text());
}

test('of 50 requests at once one brings a new token, and nobody is logged out', async () => {
  const cookie = await signIn();
  const answers = await Promise.all(Array.from({ length: 50 }, () => get(cookie)));
  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
  const renewed = answers.flatMap(cookiesOf);
  expect(renewed).toHaveLength(1);
  const late = await Promise.all(
    Array.from({ length: 50 }, (_, index) => get(index % 2 === 0 ? cookie : (renewed[0] ?? ''))),
  );
  expect(late.map(({ status }) => status)).toEqual(Array(50).fill(200));
});

test('the token before holds for a minute once its successor was used, and is refused then', async () => {
  const cookie = await signIn();
  const [successor = ''] = cookiesOf(await get(cookie));
  await api.owner.query(`update identity.session_tokens set renewed_at = renewed_at - interval '2 minutes'`);
  expect((await get(cookie)).status, 'a successor that was never used ends nothing').toBe(200);
  expect((await get(successor)).status).toBe(200);
  expect((await get(cookie)).status).toBe(200);
  await api.owner.query(`update identity.session_tokens set superseded_at = superseded_at - interval '2 minutes'`);
  expect((await get(cookie)).status).toBe(401);
});

test('a successor that was lost on the way is made again after a minute', async () => {
  const cookie = await signIn();
  expect(cookiesOf(await get(cookie))).toHaveLength(1); // lost
  expect(cookiesOf(await get(cookie))).toHaveLength(0);
  await api.owner.query(`update identity.session_tokens set renewed_at = renewed_at - interval '2 minutes'`);
  const [again = ''] = cookiesOf(await get(cookie));
  expect((await get(again)).status).toBe(200);
});

test('renewing moves the idle end on, but never past the absolute one', async () => {
  const cookie = await signIn();
  const ends = `update identity.sessions set expires_at = now() + interval '10 seconds', absolute_expires_at = now() + interval '20 seconds'
    where id = (select session_id from identity.session_tokens order by issued_at desc limit 1) returning id`;
  const { rows } = await api.owner.query(ends);
  await get(cookie);
  const { rows: after } = await api.owner.query(
    'select expires_at = absolute_expires_at as at_the_end from identity.sessions where id = $1',
    [rows[0].id],
  );
  expect(after).toEqual([{ at_the_end: true }]);
});

test.each([
  ['idle for too long', `update identity.sessions set expires_at = now() - interval '1 second' where user_id = $1`],
  ['revoked', 'update identity.sessions set revoked_at = now() where user_id = $1'],
  ['of somebody deactivated', 'update users set is_active = false where id = $1'],
])('a session that is %s ends at the next request, and is not renewed', async (_, sql) => {
  const cookie = await signIn();
  expect((await get(cookie)).status).toBe(200);
  await api.owner.query(sql, [userId]);
  const response = await get(cookie);
  expect([response.status, cookiesOf(response)]).toEqual([401, []]);
  await api.owner.query('update users set is_active = true where id = $1', [userId]);
});
