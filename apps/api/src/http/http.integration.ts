import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi({ maxBodyBytes: 2000, corsOrigins: ['https://app.example'] });
const limited = await startTestApi({ requestsPerMinute: 5, isDevelopment: false });

const createDataset = z.object({ dataset: z.object({ id: z.string() }) });
const send = (init: RequestInit & { key?: string | null }, address = '/v1/datasets') =>
  api.fetch(address, { method: 'POST', ...init, headers: { 'content-type': 'application/json', ...init.headers } });

describe('a failure is a problem document', () => {
  test.for([
    ['a route that is not there', () => api.fetch('/v2/nothing'), 404, 'not_found'],
    ['a method that is not there', () => api.fetch('/v1/session', { method: 'PUT' }), 404, 'not_found'],
    ['broken JSON', () => send({ body: '{"name"' }), 400, 'invalid'],
    ['a body that is no object', () => send({ body: '[1]' }), 400, 'invalid'],
    ['a body that tries to set a prototype', () => send({ body: '{"__proto__":{"a":1}}' }), 400, 'invalid'],
    ['a body of another type', () => send({ body: 'a=b', headers: { 'content-type': 'text/plain' } }), 415, 'invalid'],
    [
      'a body that is too large',
      () => send({ body: JSON.stringify({ name: 'x'.repeat(3000) }) }),
      413,
      'limit_reached',
    ],
    ['an input that does not fit', () => send({ body: '{"name":""}' }), 400, 'invalid'],
    ['an address that cannot be decoded', () => api.fetch('/v1/datasets/%zz'), 400, 'invalid'],
    ['somebody without the permission', () => send({ key: api.keys.viewer, body: '{"name":"x"}' }), 403, 'forbidden'],
  ] as const)('%s', async ([, call, status, kind]) => {
    const response = await call();
    const body: unknown = await response.json();
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(body).toEqual({
      type: `urn:granary:problem:${kind}`,
      title: expect.any(String),
      status,
      detail: expect.any(String),
      kind,
      details: expect.any(Object),
      instance: response.headers.get('x-request-id'),
    });
    expect(response.status).toBe(status);
    expect(JSON.stringify(body)).not.toMatch(/\.ts:\d+|node_modules|\bat /);
  });

  test('a name that is taken conflicts', async () => {
    expect((await send({ body: '{"name":"taken"}' })).status).toBe(201);
    const second = await send({ body: '{"name":"taken"}' });
    expect([second.status, await second.json()]).toMatchObject([409, { kind: 'conflict' }]);
  });

  test('a quota that is used up is a limit, with its numbers', async () => {
    await api.owner.query(
      `insert into entitlement_overrides (tenant_id, entitlement, value, reason) values ($1, 'bytes', 100, 'test')`,
      [api.theirs.tenantId],
    );
    const body = JSON.stringify({ fileName: 'f', bytes: 101 });
    const response = await send({ key: api.keys.stranger, body }, '/v1/uploads');
    expect([response.status, await response.json()]).toMatchObject([
      429,
      {
        kind: 'limit_reached',
        details: { entitlement: 'bytes', plan: 'unlimited', limit: 100, used: 0, requested: 101 },
      },
    ]);
  });

  test('a defect of ours says nothing but where to look it up, and the log says what it was', async () => {
    await api.owner.query(`create function boom() returns trigger language plpgsql as $$ begin raise 'secret detail'; end $$;
      create trigger boom before update on datasets for each row execute function boom()`);
    const { dataset } = createDataset.parse(await (await send({ body: '{"name":"boom"}' })).json());
    const response = await api.fetch(`/v1/datasets/${dataset.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', 'x-request-id': 'find-me-42' },
      body: '{"description":"x"}',
    });
    expect([response.status, await response.json()]).toEqual([
      500,
      expect.objectContaining({ kind: 'internal', detail: 'internal error', instance: 'find-me-42' }),
    ]);
    const line = api
      .logs()
      .split('\n')
      .find((each) => each.includes('find-me-42') && each.includes('internal error'));
    expect(line).toContain('secret detail');
  });

  test('a database that has no connection to spare is a reason to come back, and is logged', async () => {
    const taken = await Promise.all(Array.from({ length: api.pool.options.max }, () => api.pool.connect()));
    const patience = api.pool.options.connectionTimeoutMillis;
    api.pool.options.connectionTimeoutMillis = 100;
    const response = await api.fetch('/v1/organization', { headers: { 'x-request-id': 'no-room' } });
    api.pool.options.connectionTimeoutMillis = patience;
    for (const client of taken) client.release();
    expect([response.status, await response.json()]).toMatchObject([503, { kind: 'unavailable' }]);
    expect(api.logs()).toMatch(/no-room.*unavailable/);
  });

  test('bytes that are no HTTP are answered without a stack', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.end('NONSENSE\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a request’s id', () => {
  test('is the caller’s when it is harmless', async () => {
    const response = await api.fetch('/health/live', { headers: { 'x-request-id': 'trace:7.a-b_c' } });
    expect(response.headers.get('x-request-id')).toBe('trace:7.a-b_c');
  });

  test.for(['has space', 'x'.repeat(129), '<script>'])('is a new one instead of %j', async (id) => {
    const response = await api.fetch('/health/live', { headers: { 'x-request-id': id } });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('reaches the audit trail', async () => {
    await send({ body: '{"name":"audited"}', headers: { 'x-request-id': 'audit-1' } });
    const { rows } = await api.owner.query(`select action, address from audit_events where request_id = 'audit-1'`);
    expect(rows).toEqual([{ action: 'datasets.create', address: '127.0.0.1' }]);
  });
});

test('answers carry security headers, and nothing in them may run', async () => {
  const { headers } = await api.fetch('/v1/session');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect(headers.has('x-powered-by')).toBe(false);
});

describe('browsers', () => {
  const preflight = (origin: string, to = api) =>
    to.fetch('/trpc/datasets.list', {
      key: null,
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });

  test.for(['https://app.example', 'http://localhost:5173'])('of %s may call', async (origin) => {
    const response = await preflight(origin);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization');
  });

  test('of another origin may not', async () => {
    expect((await preflight('https://evil.example')).headers.has('access-control-allow-origin')).toBe(false);
  });

  test('of a local frontend may not, in production', async () => {
    expect((await preflight('http://localhost:5173', limited)).headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('the rate limit', () => {
  test('is a key’s own, says when to come back, and leaves the health check alone', async () => {
    const statuses = [];
    for (let call = 0; call < 6; call += 1) statuses.push((await limited.fetch('/v1/session')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const response = await limited.fetch('/v1/session');
    expect(await response.json()).toMatchObject({ kind: 'limit_reached', details: { limit: 5 } });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);

    expect((await limited.fetch('/v1/session', { key: limited.keys.viewer })).status).toBe(200);
    expect((await limited.fetch('/health/ready')).status).toBe(200);

    const call = await limited.fetch('/trpc/session.whoAmI');
    expect(await call.json()).toMatchObject({ error: { json: { data: { kind: 'limit_reached', httpStatus: 429 } } } });
  });

  test('is the address’s for everybody without a good key, whatever they try', async () => {
    const statuses: number[] = [];
    for (let call = 0; call < 6; call += 1) statuses.push((await limited.fetch('/x', { key: `wrong-${call}` })).status);
    expect(statuses).toContain(404);
    expect(statuses.at(-1)).toBe(429);
  });
});
