import { publishVersion } from '@granary/domain/testing';
import { createTRPCUntypedClient, httpSubscriptionLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import superjson from 'superjson';
import { expect, onTestFinished, test } from 'vitest';
import { createDataset, shareDataset } from '../testing/datasets.ts';
import { makeTestKey } from '../testing/make-key.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();

let counter = 0;
/** A load that runs, and what the worker would write of it. */
async function runningLoad() {
  counter += 1;
  const { datasetId } = await createDataset(api, `load ${counter}`);
  const { versionId } = await publishVersion(
    api.owner,
    { ...api.ours.as.editor, datasetId },
    { columns: [], rows: [] },
  );
  const write = (set: string) => api.owner.query(`update dataset_loads set ${set} where version_id = $1`, [versionId]);
  await write(`state = 'running', phase = 'reading', rows_done = 1`);
  return { datasetId, versionId, write, events: `/v1/datasets/${datasetId}/loads/${versionId}/events` };
}

/** The events of a stream as they come. */
function readEvents(response: Response) {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const state = { done: false, error: null as unknown };
  void (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  })()
    .catch((error: unknown) => {
      state.error = error;
    })
    .finally(() => {
      state.done = true;
    });
  onTestFinished(() => reader.cancel().catch(() => {}));
  return {
    state,
    all: () =>
      text
        .split('\n\n')
        .map((block) => ({
          id: /^id: (.*)$/m.exec(block)?.[1] ?? '',
          event: /^event: (.*)$/m.exec(block)?.[1] ?? '',
          data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null'),
        }))
        .filter(({ event }) => event !== ''),
  };
}

test('each change is an event, and the end of the load ends the stream', async () => {
  const load = await runningLoad();
  const response = await api.fetch(load.events);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const events = readEvents(response);
  await expect.poll(() => events.all().length).toBe(1);
  await load.write(`rows_done = 20, updated_at = now()`);
  await expect.poll(() => events.all().length).toBe(2);
  await load.write(`state = 'ready', phase = 'done', rows_done = 30`);
  await expect.poll(() => events.state.done).toBe(true);
  expect(events.all().map(({ event, data }) => [event, data.state, data.rowsDone])).toEqual([
    ['load', 'running', 1],
    ['load', 'running', 20],
    ['load', 'ready', 30],
  ]);
  expect(events.state.error).toBeNull();
});

test('whoever comes back gets what they missed, and who saw the end is told to stay away', async () => {
  const load = await runningLoad();
  const first = readEvents(await api.fetch(load.events));
  await expect.poll(() => first.all().length).toBe(1);
  const lastId = first.all()[0]?.id ?? '';

  const resumed = readEvents(await api.fetch(load.events, { headers: { 'last-event-id': lastId } }));
  await load.write(`state = 'ready', rows_done = 9`);
  await expect.poll(() => resumed.state.done).toBe(true);
  expect(resumed.all().map(({ data }) => data.rowsDone)).toEqual([9]);
  const after = await api.fetch(load.events, { headers: { 'last-event-id': resumed.all()[0]?.id ?? '' } });
  expect(after.status).toBe(204);
});

test('a quiet stream holds no connection', async () => {
  const load = await runningLoad();
  const events = readEvents(await api.fetch(load.events));
  await expect.poll(() => events.all().length).toBe(1);
  await expect.poll(() => api.pool.idleCount === api.pool.totalCount && api.pool.totalCount > 0).toBe(true);
});

test.for([
  ['the key is revoked', 'unauthenticated', 401],
  ['the share is taken back', 'not_found', 404],
] as const)('a stream ends with an error as soon as %s', async ([what, kind, status]) => {
  const load = await runningLoad();
  const share = await shareDataset(api, load.datasetId);
  const { id, text: key } = await makeTestKey(api.owner, api.ours.as.viewer);
  const events = readEvents(await api.fetch(load.events, { key }));
  await expect.poll(() => events.all().length).toBe(1);
  if (what === 'the key is revoked')
    await api.owner.query('update api_keys set revoked_at = now() where id = $1', [id]);
  else await api.fetch(share, { method: 'DELETE' });
  await load.write('rows_done = 99');
  await expect.poll(() => events.state.done).toBe(true);
  expect(events.all().slice(1)).toMatchObject([{ event: 'error', data: { kind, status } }]);
  expect((await api.fetch(load.events, { key })).status).toBe(status);
});

test('a load of somebody else is like one that never was', async () => {
  const load = await runningLoad();
  for (const key of [api.keys.colleague, api.keys.stranger]) {
    const real = await api.fetch(load.events, { key });
    const never = await api.fetch(load.events.replaceAll(load.datasetId, api.ours.tenantId), { key });
    expect([real.status, JSON.parse(await real.text()).detail]).toEqual([404, JSON.parse(await never.text()).detail]);
  }
});

test('by tRPC the same, also through connections that are cut', async () => {
  const load = await runningLoad();
  const client = createTRPCUntypedClient({
    links: [
      httpSubscriptionLink({
        url: `${api.url}/trpc`,
        transformer: superjson,
        EventSource,
        eventSourceOptions: {
          fetch: (url: string | URL, init: RequestInit) =>
            fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${api.keys.editor}` } }),
        },
      }),
    ],
  });
  const seen: unknown[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const subscription = client.subscription(
    'datasets.watchLoad',
    { datasetId: load.datasetId, versionId: load.versionId },
    { onData: (event) => seen.push(event), onComplete: resolve, onError: reject },
  );
  onTestFinished(() => subscription.unsubscribe());
  await expect.poll(() => seen.length).toBe(1);
  for (const rows of [2, 3]) {
    api.app.server.closeAllConnections();
    await load.write(`rows_done = ${rows}`);
    await expect.poll(() => seen.length).toBe(rows);
  }
  await load.write(`state = 'ready', rows_done = 4`);
  await promise;
  expect(seen).toMatchObject([1, 2, 3, 4].map((rowsDone) => ({ id: expect.any(String), data: { rowsDone } })));
});

test('by tRPC a refusal is an error with its kind', async () => {
  const load = await runningLoad();
  const input = encodeURIComponent(JSON.stringify({ json: { datasetId: load.datasetId, versionId: load.versionId } }));
  const response = await api.fetch(`/trpc/datasets.watchLoad?input=${input}`, { key: api.keys.stranger });
  const text = await response.text();
  expect(text).toContain('event: serialized-error');
  expect(text).toContain('"kind":"not_found"');
  expect(text).not.toMatch(/node_modules|\.ts:\d+/);
});
