import { expect, test } from 'vitest';
import { createGranaryClient, GranaryError, isGranaryError } from '../src/index.ts';
import { refuse, startSmallApi } from './small-api.ts';

const apiKey = { apiKey: 'gk_1' };
const empty = { items: [], nextCursor: null };
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('should have been rejected'),
    (error: unknown) => (isGranaryError(error) ? error : expect.fail(`not a GranaryError: ${error}`)),
  );

test('calls of one tick travel together, at most ten in a request, with the key', async () => {
  const api = await startSmallApi({ queries: { list: () => empty } });
  const client = createGranaryClient({ url: `${api.url}/`, auth: apiKey });
  const answers = await Promise.all(Array.from({ length: 25 }, () => client.datasets.list()));
  expect(answers).toEqual(Array(25).fill(empty));
  expect(api.requests.map(({ path }) => path.split('?')[0]?.split(',').length)).toEqual([10, 10, 5]);
  expect(api.requests.every(({ headers }) => headers.authorization === 'Bearer gk_1')).toBe(true);
});

test('an access token is asked for anew for each request', async () => {
  const api = await startSmallApi({ queries: { list: () => empty } });
  const tokens = ['one', 'two'];
  const client = createGranaryClient({ url: api.url, auth: { accessToken: async () => tokens.shift() ?? '' } });
  await client.datasets.list();
  await client.datasets.list();
  expect(api.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer two']);
});

test('a token that cannot be had is an error of kind unauthenticated, and nothing is sent', async () => {
  const api = await startSmallApi({});
  const accessToken = () => Promise.reject(new Error('signed out'));
  const client = createGranaryClient({ url: api.url, auth: { accessToken } });
  expect(await caught(client.datasets.list())).toMatchObject({
    kind: 'unauthenticated',
    cause: new Error('signed out'),
  });
  expect(api.requests).toEqual([]);
});

test('with the cookie, requests carry credentials and no Authorization header', async () => {
  const seen: RequestInit[] = [];
  const fetch = async (_url: unknown, init: RequestInit = {}) => {
    seen.push(init);
    return Response.json([{ result: { data: { json: empty } } }]);
  };
  const client = createGranaryClient({ url: 'http://granary.invalid', auth: { cookie: true }, fetch });
  await client.datasets.list();
  expect(seen[0]?.credentials).toBe('include');
  expect(new Headers(seen[0]?.headers).has('authorization')).toBe(false);
});

test('an input too long for an address goes in the body', async () => {
  const api = await startSmallApi({ queries: { rows: (input) => input } });
  const client = createGranaryClient({ url: api.url, auth: apiKey });
  const columns = Array.from({ length: 2000 }, (_, index) => `column_${index}`);
  expect(await client.datasets.rows({ datasetId: '1', columns })).toMatchObject({ columns });
  expect(api.requests.map(({ method, path }) => [method, path])).toEqual([['POST', '/trpc/datasets.rows']]);
});

test('what the API refuses keeps its kind, message, details, request and status', async () => {
  const api = await startSmallApi({ queries: { get: () => refuse('NOT_FOUND', 'no such dataset') } });
  const client = createGranaryClient({ url: api.url, auth: apiKey });
  const error = await caught(client.datasets.get({ datasetId: '1' }));
  expect(error).toBeInstanceOf(GranaryError);
  expect(error).toMatchObject({
    kind: 'not_found',
    message: 'no such dataset',
    details: { from: 'test' },
    requestId: 'request-1',
    status: 404,
  });
  expect(isGranaryError(error, 'not_found')).toBe(true);
  expect(isGranaryError(error, 'forbidden')).toBe(false);
});

test('one refused call of a request leaves the others alone', async () => {
  const api = await startSmallApi({ queries: { get: () => refuse('FORBIDDEN', 'no'), list: () => empty } });
  const client = createGranaryClient({ url: api.url, auth: apiKey });
  const [refused, answered] = await Promise.all([
    caught(client.datasets.get({ datasetId: '1' })),
    client.datasets.list(),
  ]);
  expect(refused.kind).toBe('forbidden');
  expect(answered).toEqual(empty);
  expect(api.requests).toHaveLength(1);
});

test.each([
  [502, 'unavailable'],
  [429, 'limit_reached'],
  [401, 'unauthenticated'],
  [500, 'internal'],
] as const)('a page of HTML with status %i is of kind %s', async (status, kind) => {
  const api = await startSmallApi({
    before: (_request, response) => {
      response.writeHead(status, { 'content-type': 'text/html', 'x-request-id': 'proxy-1' }).end('<h1>Oops</h1>');
      return true;
    },
  });
  const error = await caught(createGranaryClient({ url: api.url, auth: apiKey }).datasets.list());
  expect(error).toMatchObject({ kind, status, requestId: 'proxy-1' });
});

test('JSON of somebody else is of kind internal', async () => {
  const api = await startSmallApi({
    before: (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"hello":"world"}');
      return true;
    },
  });
  expect((await caught(createGranaryClient({ url: api.url, auth: apiKey }).datasets.list())).kind).toBe('internal');
});

test('an answer that breaks off, and an API that is not there, are of kind network', async () => {
  const api = await startSmallApi({
    before: (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('[{"result"', () => response.destroy());
      return true;
    },
  });
  expect((await caught(createGranaryClient({ url: api.url, auth: apiKey }).datasets.list())).kind).toBe('network');
  const nobody = createGranaryClient({ url: 'http://127.0.0.1:1', auth: apiKey });
  expect((await caught(nobody.datasets.list())).kind).toBe('network');
});

test('an aborted call rejects at once, though it shares its request with one that goes on', async () => {
  const { promise, resolve } = Promise.withResolvers<typeof empty>();
  const api = await startSmallApi({ queries: { list: () => promise } });
  const client = createGranaryClient({ url: api.url, auth: apiKey });
  const controller = new AbortController();
  const aborted = caught(client.datasets.list({}, { signal: controller.signal }));
  const other = client.datasets.list();
  await expect.poll(() => api.requests.length).toBe(1);
  controller.abort();
  expect((await aborted).kind).toBe('aborted');
  resolve(empty);
  expect(await other).toEqual(empty);
});

test('a call with a signal that is already aborted sends nothing', async () => {
  const api = await startSmallApi({});
  const client = createGranaryClient({ url: api.url, auth: apiKey });
  expect((await caught(client.datasets.list({}, { signal: AbortSignal.abort() }))).kind).toBe('aborted');
  expect(api.requests).toEqual([]);
});

test('what a busy API turns away before it looks at it is sent again; another failure is not', async () => {
  let turnedAway = 0;
  const api = await startSmallApi({
    mutations: { create: () => ({ made: true }) },
    queries: { list: () => empty },
    before: (request, response) => {
      const isBusy = request.method === 'POST' ? turnedAway < 2 : true;
      if (!isBusy) return false;
      turnedAway += 1;
      response.writeHead(503, request.method === 'POST' ? { 'retry-after': '0' } : {}).end();
      return true;
    },
  });
  const client = createGranaryClient({ url: api.url, auth: apiKey });
  await client.datasets.create({ name: 'once' });
  expect(api.requests).toHaveLength(3);
  expect(await caught(client.datasets.list())).toMatchObject({ kind: 'unavailable' });
  expect(api.requests).toHaveLength(4);
});

test('an API that stays busy is told of after five attempts, and an abort ends the waiting', async () => {
  const api = await startSmallApi({
    before: (_request, response) => {
      response.writeHead(503, { 'retry-after': api.requests.length < 6 ? '0' : '5' }).end();
      return true;
    },
  });
  const client = createGranaryClient({ url: api.url, auth: apiKey });
  expect(await caught(client.datasets.list())).toMatchObject({ kind: 'unavailable' });
  expect(api.requests).toHaveLength(5);
  const abort = new AbortController();
  const waiting = caught(client.datasets.list(undefined, { signal: abort.signal }));
  await expect.poll(() => api.requests.length).toBe(6);
  abort.abort();
  expect(await waiting).toMatchObject({ kind: 'aborted' });
});
