import { request } from 'node:http';
import { expect, test } from 'vitest';
import { fixtureDays, fixtureSite } from './fixture-site.ts';
import { startReplayServer } from './replay-server.ts';

const store = 'chromewebstore.google.com';
const item = '/detail/tidy-tabs/ofadgkplmhbecinjofadgkplmhbecinj?hl=en';

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly complete: boolean;
}

/** A request to the server in the name of a host; `bytes`: give up after so many. */
function ask(
  port: number,
  host: string,
  path: string,
  { method = 'GET', headers = {}, body = '', bytes = Number.POSITIVE_INFINITY } = {},
): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const asked = request({ port, host: '127.0.0.1', path, method, headers: { ...headers, host } }, (response) => {
    const chunks: Buffer[] = [];
    const done = () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: Buffer.concat(chunks).toString(),
        complete: response.complete,
      });
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks).length >= bytes) {
        done();
        asked.destroy();
      }
    });
    response.on('close', done);
    response.on('error', done);
  });
  asked.on('error', reject);
  asked.end(body);
  return promise;
}

test('answers for several hosts, as they are on the day', async () => {
  await using server = await startReplayServer({ routes: fixtureSite() });
  const before = await ask(server.port, store, item);
  expect([before.status, before.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect((await ask(server.port, `${store}:443`, '/robots.txt')).body).toContain('Disallow: /search/');
  expect((await ask(server.port, 'api.wordpress.org', '/robots.txt')).body).toBe('User-agent: *\nDisallow:\n');
  expect((await ask(server.port, 'elsewhere.example', item)).status).toBe(404);
  expect((await ask(server.port, store, '/search/x')).status).toBe(404);
  server.replace(fixtureSite(fixtureDays[2]));
  expect((await ask(server.port, store, item)).body).not.toBe(before.body);
  expect(server.requests.map(({ host, status }) => [host, status])).toEqual([
    [store, 200],
    [store, 200],
    ['api.wordpress.org', 200],
    ['elsewhere.example', 404],
    [store, 404],
    [store, 200],
  ]);
});

test('answers 304 to whoever has the same already', async () => {
  await using server = await startReplayServer({ routes: fixtureSite() });
  const etag = String((await ask(server.port, store, item)).headers.etag);
  expect(await ask(server.port, store, item, { headers: { 'if-none-match': etag } })).toMatchObject({
    status: 304,
    body: '',
  });
  server.replace(fixtureSite(fixtureDays[2]));
  expect((await ask(server.port, store, item, { headers: { 'if-none-match': etag } })).status).toBe(200);
});

test('answers a POST by what it asks for', async () => {
  await using server = await startReplayServer({ routes: fixtureSite() });
  const gallery = (pageNumber: number) =>
    ask(server.port, 'marketplace.visualstudio.com', '/_apis/public/gallery/extensionquery', {
      method: 'POST',
      body: JSON.stringify({
        flags: 918,
        assetTypes: [],
        filters: [
          {
            sortOrder: 0,
            sortBy: 4,
            pageSize: 2,
            pageNumber,
            criteria: [
              { filterType: 8, value: 'Microsoft.VisualStudio.Code' },
              { value: '4096', filterType: 12 },
            ],
          },
        ],
      }),
    });
  expect((await gallery(1)).body).toContain('cedar-yaml');
  expect((await gallery(2)).body).toContain('first-steps');
  expect((await gallery(3)).status).toBe(404);
});

test('fails as it is told, as often as it is told', async () => {
  await using server = await startReplayServer({ routes: fixtureSite() });
  server.fail(`${store}${item}`, { kind: 'busy', retryAfter: '2', times: 1 });
  expect(await ask(server.port, store, item)).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
  expect((await ask(server.port, store, item)).status).toBe(200);
  server.fail(`${store}${item}`, { kind: 'redirect', location: 'http://169.254.169.254/', times: 1 });
  expect(await ask(server.port, store, item)).toMatchObject({
    status: 302,
    headers: { location: 'http://169.254.169.254/' },
  });
  server.fail(`${store}${item}`, { kind: 'truncated', times: 1 });
  expect(await ask(server.port, store, item)).toMatchObject({ status: 200, complete: false });
  server.fail(`${store}${item}`, { kind: 'stalled', times: 1 });
  const whole = (await ask(server.port, store, item, { bytes: 1 })).headers['content-length'];
  expect(Number(whole)).toBeGreaterThan(1000);
  server.fail(`${store}${item}`, { kind: 'reset', times: 1 });
  await expect(ask(server.port, store, item)).rejects.toThrow();
  server.fail(`${store}${item}`, { kind: 'answer', status: 503, body: 'down' });
  expect(await ask(server.port, store, item)).toMatchObject({ status: 503, body: 'down' });
  expect(server.requests.map(({ status }) => status)).toEqual([429, 200, 302, 0, 0, 0, 503]);
});
