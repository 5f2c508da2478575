import { createGranaryClient, isGranaryError, type Load } from '@granary/client';
import { expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';
import { startBreakingProxy } from './breaking-proxy.ts';

const api = await startTestApi();
const clientOf = (apiKey: string, url = api.url) => createGranaryClient({ url, auth: { apiKey } });
const client = clientOf(api.keys.editor);

let made = 0;
async function queued() {
  const { dataset, versionId } = await client.datasets.upload(Buffer.from('a\n1\n'), { name: `load ${made++}` });
  return { datasetId: dataset.id, versionId };
}

/** What the worker writes as it goes. */
const progress = (versionId: string, state: Load['state'], rowsDone: number, error: Load['error'] = null) =>
  api.owner.query(
    `update dataset_loads set state = $2, rows_done = $3, error = $4, updated_at = now(),
       input_rows = $5, loaded_rows = $5, quarantined_rows = 0 where version_id = $1`,
    [versionId, state, rowsDone, error && JSON.stringify(error), state === 'ready' ? rowsDone : null],
  );

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('should have been rejected'),
    (error: unknown) => (isGranaryError(error) ? error : expect.fail(`not a GranaryError: ${error}`)),
  );

/** Each state moves the load on, so that what comes next was caused by what was seen. */
test('a load is followed from the queue to its end', async () => {
  const version = await queued();
  const seen: [string, number][] = [];
  for await (const { state, rowsDone } of client.datasets.watchLoad(version)) {
    seen.push([state, rowsDone]);
    if (state === 'queued') await progress(version.versionId, 'running', 10);
    else await progress(version.versionId, rowsDone === 10 ? 'running' : 'ready', rowsDone + 10);
  }
  expect(seen).toEqual([
    ['queued', 0],
    ['running', 10],
    ['running', 20],
    ['ready', 30],
  ]);
});

test('a broken stream goes on: no state is missed for ever, and none comes twice', async () => {
  const proxy = await startBreakingProxy(api.url);
  const version = await queued();
  const seen: [string, number][] = [];
  for await (const { state, rowsDone } of clientOf(api.keys.editor, proxy.url).datasets.watchLoad(version)) {
    seen.push([state, rowsDone]);
    if (state === 'queued') proxy.breakAll();
    await progress(version.versionId, rowsDone < 20 ? 'running' : 'ready', rowsDone + 10);
  }
  expect(seen[0]).toEqual(['queued', 0]);
  expect(seen.at(-1)).toEqual(['ready', 30]);
  expect(new Set(seen.map(String)).size).toBe(seen.length);
  expect(proxy.connections()).toBeGreaterThan(1);
});

test('a load that is ready resolves with its counts, and one that failed rejects with its reason', async () => {
  const good = await queued();
  const bad = await queued();
  await progress(good.versionId, 'ready', 7);
  await progress(bad.versionId, 'failed', 0, { kind: 'invalid', message: 'not a table' });
  expect(await client.datasets.loaded(good)).toMatchObject({ state: 'ready', rowsDone: 7 });
  const error = await caught(client.datasets.loaded(bad));
  expect(error).toMatchObject({ kind: 'invalid', message: 'not a table', details: { load: { state: 'failed' } } });
});

test('a load is not there for a stranger, and a bad key gets no stream', async () => {
  const version = await queued();
  expect((await caught(clientOf(api.keys.stranger).datasets.loaded(version))).kind).toBe('not_found');
  expect((await caught(clientOf('grn_none').datasets.loaded(version))).kind).toBe('unauthenticated');
});

test('who loses access loses the stream', async () => {
  const version = await queued();
  const { datasetId } = version;
  const share = await client.datasets.share({ datasetId, userId: api.ours.as.colleague.userId });
  const error = await caught(
    clientOf(api.keys.colleague).datasets.loaded(version, {
      onProgress: () => void client.datasets.unshare({ datasetId, shareId: share.id }),
    }),
  );
  expect(error.kind).toBe('not_found');
});

test('an aborted watch ends at once', async () => {
  const version = await queued();
  const controller = new AbortController();
  const watching = client.datasets.loaded(version, { signal: controller.signal, onProgress: () => controller.abort() });
  expect((await caught(watching)).kind).toBe('aborted');
});
