import { expect, test } from 'vitest';
import { createGranaryClient, isGranaryError, type Load } from '../src/index.ts';
import { refuse, startSmallApi } from './small-api.ts';

const auth = { apiKey: 'gk_1' };
const id = { datasetId: 'd', versionId: 'v' };
const load = (rowsDone: number, state: Load['state'] = 'running', error: Load['error'] = null): Load => ({
  ...id,
  version: 1,
  state,
  phase: 'copy',
  bytesDone: 0,
  bytesTotal: 0,
  rowsDone,
  rowsPerSecond: null,
  inputRows: null,
  loadedRows: null,
  quarantinedRows: null,
  notes: [],
  error,
  startedAt: null,
  finishedAt: null,
});

async function* states(...loads: Load[]): AsyncGenerator<Load> {
  yield* loads;
}

async function rowsDoneIn(loads: AsyncIterable<Load>): Promise<number[]> {
  const seen: number[] = [];
  for await (const { rowsDone } of loads) seen.push(rowsDone);
  return seen;
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('should have been rejected'),
    (error: unknown) => (isGranaryError(error) ? error : expect.fail(`not a GranaryError: ${error}`)),
  );

test('a load is followed to its end, with the key in the header', async () => {
  const api = await startSmallApi({ loads: () => states(load(1), load(2), load(3, 'ready'), load(99)) });
  const client = createGranaryClient({ url: api.url, auth });
  const seen = await rowsDoneIn(client.datasets.watchLoad(id));
  expect(seen).toEqual([1, 2, 3]);
  expect(api.requests[0]?.headers.authorization).toBe('Bearer gk_1');
  expect(await client.datasets.loaded(id)).toMatchObject({ rowsDone: 3, state: 'ready' });
});

test('a broken connection is made again after the last state that arrived', async () => {
  const resumed: (string | undefined)[] = [];
  const api = await startSmallApi({
    async *loads(lastEventId) {
      resumed.push(lastEventId);
      if (lastEventId === undefined) {
        yield load(1);
        yield load(2);
        refuse('SERVICE_UNAVAILABLE', 'the server is shutting down, connect again');
      }
      yield load(3, 'ready');
    },
  });
  const client = createGranaryClient({ url: api.url, auth });
  const seen = await rowsDoneIn(client.datasets.watchLoad(id));
  expect(seen).toEqual([1, 2, 3]);
  expect(resumed).toEqual([undefined, '2']);
}, 15_000);

test('a stream that ends before the load does is opened again', async () => {
  let opened = 0;
  const api = await startSmallApi({
    loads: () => (++opened === 1 ? states(load(1)) : states(load(1), load(2, 'ready'))),
  });
  const client = createGranaryClient({ url: api.url, auth });
  expect(await client.datasets.loaded(id)).toMatchObject({ rowsDone: 2 });
});

test('a failed load throws what it failed of, with the load', async () => {
  const failed = load(0, 'failed', { kind: 'invalid', message: 'not a table' });
  const api = await startSmallApi({ loads: () => states(load(0), failed) });
  const client = createGranaryClient({ url: api.url, auth });
  const phases: string[] = [];
  const error = await caught(client.datasets.loaded(id, { onProgress: ({ state }) => phases.push(state) }));
  expect(error).toMatchObject({ kind: 'invalid', message: 'not a table', details: { load: failed } });
  expect(phases).toEqual(['running', 'failed']);
});

test('what the API refuses ends the stream with its kind', async () => {
  const api = await startSmallApi({ loads: () => refuse('NOT_FOUND', 'no such load') });
  const client = createGranaryClient({ url: api.url, auth });
  expect(await caught(client.datasets.loaded(id))).toMatchObject({ kind: 'not_found', message: 'no such load' });
});

test('an answer that is no stream ends it with the kind of its status', async () => {
  const api = await startSmallApi({
    before: (_request, response) => {
      response.writeHead(403, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ detail: 'not for you', kind: 'forbidden', instance: 'request-9' }));
      return true;
    },
  });
  const client = createGranaryClient({ url: api.url, auth });
  const error = await caught(client.datasets.loaded(id));
  expect(error).toMatchObject({ kind: 'forbidden', message: 'not for you', requestId: 'request-9', status: 403 });
});

test('a stream that cannot be had any more is given up after ten tries', async () => {
  const api = await startSmallApi({
    before: (_request, response) => {
      const isFirst = api.requests.length === 1;
      if (isFirst) response.writeHead(200, { 'content-type': 'text/event-stream' }).end('retry: 1\n\n');
      else response.writeHead(503).end();
      return true;
    },
  });
  const client = createGranaryClient({ url: api.url, auth });
  expect(await caught(client.datasets.loaded(id))).toMatchObject({ kind: 'unavailable', status: 503 });
  expect(api.requests).toHaveLength(10);
});

test('an aborted watch rejects, and the API sees the listener leave', async () => {
  const left = Promise.withResolvers<void>();
  const api = await startSmallApi({
    before: (_request, response) => {
      response.on('close', () => left.resolve());
      return false;
    },
    async *loads() {
      yield load(1);
      await new Promise(() => {});
    },
  });
  const client = createGranaryClient({ url: api.url, auth });
  const controller = new AbortController();
  const watched = caught(
    client.datasets.loaded(id, { signal: controller.signal, onProgress: () => controller.abort() }),
  );
  expect((await watched).kind).toBe('aborted');
  await left.promise;
});

test('a listener that leaves its loop closes the stream', async () => {
  const left = Promise.withResolvers<void>();
  const api = await startSmallApi({
    before: (_request, response) => {
      response.on('close', () => left.resolve());
      return false;
    },
    async *loads() {
      yield load(1);
      await new Promise(() => {});
    },
  });
  for await (const _ of createGranaryClient({ url: api.url, auth }).datasets.watchLoad(id)) break;
  await left.promise;
});
