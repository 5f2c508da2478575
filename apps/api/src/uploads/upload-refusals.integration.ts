import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';
import { tusRequests } from '../testing/tus-requests.ts';

const api = await startTestApi({ maxUploadBytes: 2 ** 20 });
const tus = tusRequests(api);

const idOf = (address: string) => address.split('/').at(-1) ?? '';
const rowOf = async (address: string) => {
  const { rows } = await api.owner.query('select state from uploads where id = $1', [idOf(address)]);
  return rows[0];
};
const landed = async (address: string) =>
  (await readdir(path.join(api.dataDirectory, 'uploads'))).filter((name) => name.startsWith(idOf(address)));

describe('an upload that is given up', () => {
  test.for([
    ['by tus', (address: string) => tus.send('DELETE', address), 204],
    ['by the action', (address: string) => api.fetch(`/v1/uploads/${idOf(address)}`, { method: 'DELETE' }), 200],
  ] as const)('%s frees its room and its bytes, and says so when it is asked for', async ([, abort, status]) => {
    const address = await tus.begin(1000);
    await tus.append(address, 0, randomBytes(500));
    expect((await abort(address)).status).toBe(status);
    expect(await rowOf(address)).toMatchObject({ state: 'aborted' });
    expect(await landed(address)).toEqual([]);
    expect((await tus.head(address)).status).toBe(410);
    expect((await tus.append(address, 500, randomBytes(500))).status).toBe(410);
    expect((await tus.send('DELETE', address)).status).toBe(404);
  });

  test('by time is gone too', async () => {
    const address = await tus.begin(1000);
    await api.owner.query(`update uploads set expires_at = now() - interval '1 second' where id = $1`, [idOf(address)]);
    expect((await tus.head(address)).status).toBe(410);
    expect((await tus.append(address, 0, randomBytes(1000))).status).toBe(410);
  });
});

describe('an upload of somebody else is like one that never was', () => {
  const answer = async (call: Promise<Response>) => {
    const response = await call;
    const text = await response.text();
    return { status: response.status, body: text && { ...JSON.parse(text), instance: null } };
  };

  test.for(['HEAD', 'PATCH', 'DELETE', 'GET', 'OPTIONS'])('to %s', async (method) => {
    const address = await tus.begin(10);
    const headers = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
    const body = method === 'PATCH' ? { body: randomBytes(10) } : {};
    for (const key of [api.keys.colleague, api.keys.viewer, api.keys.stranger]) {
      const real = await answer(tus.send(method, address, { headers, key, ...body }));
      const never = await answer(
        tus.send(method, '/files/01990000-0000-7000-8000-000000000000', { headers, key, ...body }),
      );
      expect(real).toEqual(never);
    }
    expect(await rowOf(address)).toMatchObject({ state: 'open' });
    expect(await tus.offset(address)).toBe(0);
  });

  test.for(['..%2F..%2Fetc%2Fpasswd', 'x', '%00'])('and so is %s', async (id) => {
    expect((await tus.head(`/files/${id}`)).status).toBe(404);
  });

  test('nobody without a credential begins, asks or sends', async () => {
    const address = await tus.begin(10);
    expect((await tus.create(10, { key: null })).status).toBe(401);
    expect((await tus.head(address, { key: null })).status).toBe(401);
    expect((await tus.append(address, 0, randomBytes(10), { key: null })).status).toBe(401);
    expect((await tus.create(10, { key: api.keys.viewer })).status).toBe(403);
  });
});

describe('is refused', () => {
  const count = async () => Number((await api.owner.query('select count(*) from uploads')).rows[0].count);

  test.for([
    ['a file above the limit', { 'upload-length': '1048577' }, 413, 'limit_reached'],
    ['a file of unknown length', { 'upload-defer-length': '1' }, 400, 'invalid'],
    ['both a length and none', { 'upload-length': '5', 'upload-defer-length': '1' }, 400, 'invalid'],
    ['no length', {}, 400, 'invalid'],
    ['a length that is no number', { 'upload-length': '-1' }, 400, 'invalid'],
    ['a part of several', { 'upload-length': '5', 'upload-concat': 'partial' }, 400, 'invalid'],
    ['metadata that cannot be read', { 'upload-length': '5', 'upload-metadata': 'filename !!' }, 400, 'invalid'],
  ] as const)('%s, and no room is taken', async ([, headers, status, kind]) => {
    const before = await count();
    const response = await tus.send('POST', '/files', { headers });
    expect([response.status, JSON.parse(await response.text())]).toMatchObject([status, { kind }]);
    expect(await count()).toBe(before);
  });

  test('another protocol', async () => {
    const response = await api.fetch('/files', { method: 'POST', headers: { 'upload-length': '5' } });
    expect([response.status, response.headers.get('tus-version')]).toEqual([412, '1.0.0']);
  });

  test('more bytes than were announced, and what had arrived stays', async () => {
    const address = await tus.begin(100);
    await tus.append(address, 0, randomBytes(40));
    expect((await tus.append(address, 40, randomBytes(61))).status).toBe(413);
    expect(await tus.offset(address)).toBe(40);
  });

  test('more bytes than were announced, of a body whose length is not known before', async () => {
    const address = await tus.begin(100_000);
    const body = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < 4; sent += 1) controller.enqueue(randomBytes(40_000));
        controller.close();
      },
    });
    const headers = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
    const response = await tus.send('PATCH', address, { headers, body, duplex: 'half' });
    expect([response.status, JSON.parse(await response.text())]).toMatchObject([413, { kind: 'limit_reached' }]);
    expect(await tus.offset(address)).toBeLessThanOrEqual(100_000);
    expect(await rowOf(address)).toMatchObject({ state: 'open' });
  });

  test('bytes at another offset', async () => {
    const address = await tus.begin(100);
    const response = await tus.append(address, 50, randomBytes(50));
    expect([response.status, JSON.parse(await response.text())]).toMatchObject([409, { kind: 'invalid' }]);
  });
});

describe('browsers', () => {
  test('may read what an upload needs, and tus’ own answers carry the security headers as well', async () => {
    const origin = 'http://localhost:5173';
    const { headers } = await tus.create(5, { headers: { origin } });
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    const exposed = headers.get('access-control-expose-headers')?.toLowerCase() ?? '';
    for (const name of ['location', 'upload-offset', 'upload-length', 'tus-resumable', 'x-request-id'])
      expect(exposed).toContain(name);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('of elsewhere may not', async () => {
    const { headers } = await tus.create(5, { headers: { origin: 'https://evil.example' } });
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });

  test('learn what the server can do, with and without a preflight', async () => {
    for (const headers of [{}, { origin: 'http://localhost:5173', 'access-control-request-method': 'PATCH' }]) {
      const response = await api.fetch('/files', { method: 'OPTIONS', key: null, headers });
      expect(response.status).toBe(204);
      expect(response.headers.get('tus-extension')).toBe('creation,creation-with-upload,termination');
      expect(response.headers.get('tus-max-size')).toBe('1048576');
    }
  });
});
