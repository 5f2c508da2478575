import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { afterAll, expect, test } from 'vitest';
import { startApiProcess } from '../testing/start-api-process.ts';
import { startSupabase } from '../testing/supabase-server.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const supabase = await startSupabase();
await supabase.publish('second');
const folder = await mkdtemp(path.join(tmpdir(), 'granary-processes-'));
afterAll(() => rm(folder, { recursive: true }));
const env = {
  SUPABASE_URL: `${supabase.url}/`,
  SUPABASE_ANON_KEY: 'anon-key',
  GRANARY_MASTER_KEY: randomBytes(32).toString('base64'),
};
const start = () => startApiProcess(database, folder, env);
const get = (url: string, cookie: string) => fetch(`${url}/v1/session`, { headers: { cookie } });

async function signIn(url: string, email: string): Promise<string> {
  const password = 'a password that only Supabase knows';
  supabase.addPerson(email, password);
  const response = await fetch(`${url}/v1/session/supabase`, {
    method: 'POST',
    headers: { origin: url, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  expect(response.status, await response.clone().text()).toBe(201);
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

test.each(['due', 'expired'] as const)(
  'of two processes with 50 requests for a token that is %s one uses the refresh token, once, also when the other is killed',
  async (what) => {
    const [first, second] = await Promise.all([start(), start()]);
    const cookie = await signIn(first.url, `${what}@supabase.example`);
    const refreshes = supabase.seen.refreshes;
    const make = what === 'due' ? 'refresh_after = now()' : 'refresh_after = now(), expires_at = now()';
    await owner.query(`update identity.supabase_sessions set ${make}`);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => get(index % 2 === 0 ? first.url : second.url, cookie)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(supabase.seen.refreshes - refreshes).toBe(1);
    expect(supabase.seen.reuses).toBe(0);
    await first.end('SIGKILL');
    expect((await get(second.url, cookie)).status).toBe(200);
    for (const secret of supabase.secrets) expect([...first.lines, ...second.lines].join('\n')).not.toContain(secret);
  },
);

test('a token that fails validation, since its key was withdrawn, is refreshed once; the session goes on', async () => {
  const first = await start();
  const cookie = await signIn(first.url, 'withdrawn@supabase.example');
  supabase.unpublish('first');
  supabase.state.kid = 'second';
  const refreshes = supabase.seen.refreshes;
  const second = await start(); // knows the keys of now alone
  expect((await get(second.url, cookie)).status).toBe(200);
  expect((await get(second.url, cookie)).status).toBe(200);
  expect(supabase.seen.refreshes - refreshes).toBe(1);
  // and where what is refreshed fails as well, nobody is let in, and nobody's session ends
  await supabase.publish('third');
  supabase.unpublish('third');
  supabase.state.kid = 'third';
  await owner.query('update identity.supabase_sessions set refresh_after = now(), expires_at = now()');
  const third = await start();
  expect((await get(third.url, cookie)).status).toBe(503);
  const { rows } = await owner.query('select from identity.sessions where revoked_at is not null');
  expect(rows).toEqual([]);
});
