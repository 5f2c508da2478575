import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { actions } from '@granary/domain';
import { createTRPCUntypedClient, httpBatchLink, httpLink, TRPCClientError } from '@trpc/client';
import superjson from 'superjson';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';
import { createRouter, subscriptionNames } from './router.ts';

const api = await startTestApi();
const clientOf = (key: string, post = false) =>
  createTRPCUntypedClient({
    links: [
      httpLink({
        url: `${api.url}/trpc`,
        transformer: superjson,
        headers: { authorization: `Bearer ${key}` },
        ...(post && { methodOverride: 'POST' }),
      }),
    ],
  });
const client = clientOf(api.keys.editor);
const failure = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof TRPCClientError ? { message: error.message, ...error.data } : error),
  );

test('the router has every action and every stream, and nothing else', () => {
  const names = actions.map(({ name }): string => name);
  expect(Object.keys(createRouter()._def.procedures).sort()).toEqual([...names, ...subscriptionNames].sort());
});

test('what is written by one call is read by another, also when a query travels as a POST', async () => {
  const created = await client.mutation('datasets.create', { name: 'by trpc' });
  const { dataset } = z.object({ dataset: z.object({ id: z.string() }) }).parse(created);
  expect(await client.query('datasets.get', { datasetId: dataset.id })).toMatchObject({ name: 'by trpc' });
  const posting = clientOf(api.keys.editor, true);
  expect(await posting.query('datasets.list', { name: 'by trpc' })).toMatchObject({ items: [{ id: dataset.id }] });
});

describe('an error', () => {
  test.for([
    ['invalid', 'BAD_REQUEST', 400, () => client.query('datasets.get', { datasetId: 'x' })],
    ['unauthenticated', 'UNAUTHORIZED', 401, () => clientOf('wrong').query('session.whoAmI')],
    ['forbidden', 'FORBIDDEN', 403, () => clientOf(api.keys.viewer).mutation('datasets.create', { name: 'x' })],
    ['not_found', 'NOT_FOUND', 404, () => client.query('datasets.get', { datasetId: api.ours.tenantId })],
    ['not_found', 'NOT_FOUND', 404, () => client.query('no.such', {})],
    ['conflict', 'CONFLICT', 409, () => client.mutation('datasets.create', { name: 'by trpc' })],
    [
      'limit_reached',
      'TOO_MANY_REQUESTS',
      429,
      () => client.mutation('uploads.begin', { fileName: 'f', bytes: 2 ** 50 }),
    ],
    ['invalid', 'METHOD_NOT_SUPPORTED', 405, () => client.query('datasets.create', { name: 'x' })],
  ] as const)(
    '%s has its kind, its code, its status and the request’s id, and no stack',
    async ([kind, code, status, call]) => {
      const data = await failure(call());
      expect(data).toMatchObject({
        kind,
        code,
        httpStatus: status,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(data).toHaveProperty('details');
      expect(JSON.stringify(data)).not.toMatch(/stack|node_modules|\.ts:\d+/);
    },
  );

  test('names the fields that do not fit', async () => {
    expect(await failure(client.mutation('datasets.create', { name: '' }))).toMatchObject({
      details: { issues: [{ path: 'name', message: expect.any(String) }] },
    });
  });

  test('of ours says nothing', async () => {
    await api.owner.query(`create function boom() returns trigger language plpgsql as $$ begin raise 'secret detail'; end $$;
      create trigger boom before insert on dataset_shares for each row execute function boom()`);
    const { dataset } = z
      .object({ dataset: z.object({ id: z.string() }) })
      .parse(await client.mutation('datasets.create', { name: 'shared' }));
    const data = await failure(client.mutation('datasets.share', { datasetId: dataset.id }));
    expect(data).toMatchObject({
      kind: 'internal',
      code: 'INTERNAL_SERVER_ERROR',
      message: 'internal error',
      details: {},
    });
    expect(JSON.stringify(data)).not.toContain('secret detail');
    expect(api.logs()).toContain('secret detail');
  });

  test('in what tRPC itself cannot read is the caller’s', async () => {
    const response = await api.fetch('/trpc/datasets.list?input=%7Bbroken');
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { json: { data: { kind: 'invalid' } } } },
    ]);
  });

  test('in an address that is none is the caller’s as well', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.end('GET /trpc/session.whoAmI HTTP/1.1\r\nhost: [::1\r\nconnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"kind":"invalid"/);
  });

  test('before tRPC sees the request has the same form', async () => {
    const response = await api.fetch('/trpc/datasets.create', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ json: { name: 'x'.repeat(2 ** 20) } }),
    });
    expect([response.status, await response.json()]).toMatchObject([
      413,
      { error: { json: { data: { kind: 'limit_reached', httpStatus: 413 } } } },
    ]);
  });
});

test('answers are kept by no cache, and are another page’s business only with its origin', async () => {
  const { headers } = await api.fetch('/trpc/session.whoAmI', { headers: { origin: 'http://localhost:5173' } });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('vary')).toMatch(/^Origin, /);
  expect(headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
});

describe('a batch', () => {
  const batchOf = (size: number) => {
    const batching = createTRPCUntypedClient({
      links: [
        httpBatchLink({
          url: `${api.url}/trpc`,
          transformer: superjson,
          headers: { authorization: `Bearer ${api.keys.editor}` },
        }),
      ],
    });
    return Promise.all(Array.from({ length: size }, () => batching.query('session.whoAmI')));
  };

  test('of ten calls is one request', async () => {
    expect(await batchOf(10)).toHaveLength(10);
  });

  test('of eleven is refused', async () => {
    expect(await failure(batchOf(11))).toMatchObject({ kind: 'invalid', httpStatus: 400 });
  });
});
