import { randomUUID } from 'node:crypto';
import { makeKey } from '@granary/domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { makeTestKey } from '../testing/make-key.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const { ours, owner } = api;

const refused = async (init: Parameters<typeof api.fetch>[1]) => {
  const response = await api.fetch('/v1/session', init);
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: z.object({ kind: z.string(), detail: z.string() }).parse(await response.json()),
  };
};

test('a key is its maker, in the organization it was made in', async () => {
  const { id, text } = await makeTestKey(owner, ours.as.viewer);
  const response = await api.fetch('/v1/session', { key: text });
  expect(await response.json()).toMatchObject({ ...ours.as.viewer, keyId: id });
});

test('without a credential nothing is answered', async () => {
  expect(await refused({ key: null })).toMatchObject({
    status: 401,
    challenge: 'Bearer',
    body: { kind: 'unauthenticated' },
  });
});

test('a key that never existed, one with a wrong secret, and one that is no key are refused in the same words', async () => {
  const { id } = await makeTestKey(owner, ours.as.editor);
  const answers = await Promise.all(
    [makeKey(randomUUID()).text, makeKey(id).text, 'grn_nonsense'].map((key) => refused({ key })),
  );
  for (const { status, body } of answers)
    expect({ status, detail: body.detail }).toEqual({ status: 401, detail: 'the API key is not valid' });
});

test.for(['Basic YTpi', 'Bearer', 'grn_abc', 'Bearer a b'])(
  'the header %j is no bearer token',
  async (authorization) => {
    const { status, body } = await refused({ key: null, headers: { authorization } });
    expect({ status, kind: body.kind }).toEqual({ status: 401, kind: 'unauthenticated' });
  },
);

test.for([
  ['revoked', 'update api_keys set revoked_at = now() where id = $1'],
  ['expired', "update api_keys set expires_at = now() - interval '1 second' where id = $1"],
  [
    'of somebody deactivated',
    'update users set is_active = false where id = (select user_id from api_keys where id = $1)',
  ],
] as const)('a key that is %s stops working at once, though the process has seen it before', async ([, sql]) => {
  const someone = await owner.query(`insert into users (email, name) values ($1, 'x') returning id`, [
    `${randomUUID()}@x.test`,
  ]);
  const userId = someone.rows[0].id;
  await owner.query('insert into memberships (tenant_id, user_id) values ($1, $2)', [ours.tenantId, userId]);
  const { id, text } = await makeTestKey(owner, { tenantId: ours.tenantId, userId });
  expect((await api.fetch('/v1/session', { key: text })).status).toBe(200);
  await owner.query(sql, [id]);
  expect((await refused({ key: text })).status).toBe(401);
});

test('a key’s scopes bind also where its maker may do more', async () => {
  const { text: key } = await makeTestKey(owner, ours.as.editor, ['dataset:read']);
  const create = { method: 'POST', key, headers: { 'content-type': 'application/json' }, body: '{"name":"x"}' };
  expect((await api.fetch('/v1/datasets', create)).status).toBe(403);
  expect((await api.fetch('/v1/datasets', { key })).status).toBe(200);
});
