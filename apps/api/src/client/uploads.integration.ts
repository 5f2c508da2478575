import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createGranaryClient, type GranaryClient, isGranaryError, type UploadSource } from '@granary/client';
import { publishVersion } from '@granary/domain/testing';
import { expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';
import { startBreakingProxy } from './breaking-proxy.ts';

const api = await startTestApi({ maxUploadBytes: 64 * 1024 ** 2 });
const mebibyte = 1024 ** 2;
const clientOf = (apiKey: string, url = api.url) => createGranaryClient({ url, auth: { apiKey } });
const client = clientOf(api.keys.editor);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

const original = async ({ datasets }: GranaryClient, datasetId: string, version = 1) =>
  bytesOf(await datasets.downloadOriginal({ datasetId, version }));

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('should have been rejected'),
    (error: unknown) => (isGranaryError(error) ? error : expect.fail(`not a GranaryError: ${error}`)),
  );

const content = randomBytes(3 * mebibyte);
const sources: Record<string, () => UploadSource | Promise<UploadSource>> = {
  'bytes in memory': () => content,
  'a File': () => new File([content], 'people.csv'),
  'a path': async () => {
    const file = path.join(api.dataDirectory, 'people.csv');
    await writeFile(file, content);
    return { path: file };
  },
  'a stream': () => ({ stream: new Blob([content]).stream(), size: content.length }),
};

test.each(Object.entries(sources))('%s arrives byte for byte, and is queued for loading', async (name, make) => {
  const { dataset, versionId } = await client.datasets.upload(await make(), { name, origin: 'random' });
  expect(dataset).toMatchObject({ name, origin: 'random', version: null });
  expect(sha256(await original(client, dataset.id))).toBe(sha256(content));
  expect(await client.datasets.loadStatus({ datasetId: dataset.id, versionId })).toMatchObject({ state: 'queued' });
});

test('a file with identifiers is sealed for its dataset, and so is the next version', async () => {
  const { dataset, versionId } = await client.datasets.upload(content, { name: 'people', identifiers: ['patient_id'] });
  expect(dataset.identifiers).toEqual(['patient_id']);
  expect(sha256(await original(client, dataset.id))).toBe(sha256(content));
  expect(await client.datasets.loadStatus({ datasetId: dataset.id, versionId })).toMatchObject({ state: 'queued' });
  await client.datasets.upload(content, { datasetId: dataset.id });
  expect(sha256(await original(client, dataset.id, 2))).toBe(sha256(content));
  const { items } = await client.datasets.versions({ datasetId: dataset.id });
  for (const version of items) expect(version.originalSha256).not.toBe(sha256(content));
});

test('without a name the dataset is called as the file, without its ending', async () => {
  const { dataset } = await client.datasets.upload(new File([content], 'clinic visits.csv.gz'));
  expect(dataset.name).toBe('clinic visits');
});

test('progress goes from nothing to all, in bytes', async () => {
  const seen: number[] = [];
  const big = randomBytes(20 * mebibyte);
  await client.datasets.upload(big, {
    name: 'progress',
    onProgress: ({ bytesSent, bytesTotal }) => {
      expect(bytesTotal).toBe(big.length);
      seen.push(bytesSent);
    },
  });
  expect(seen[0]).toBe(0);
  expect(seen.at(-1)).toBe(big.length);
  expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  expect(new Set(seen).size).toBeGreaterThan(3);
});

test('an upload goes on where the connection broke, again and again, and nothing is lost or sent twice', async () => {
  const proxy = await startBreakingProxy(api.url);
  proxy.breakAfter(3 * mebibyte, 4 * mebibyte, 5 * mebibyte);
  const big = randomBytes(24 * mebibyte);
  const { dataset } = await clientOf(api.keys.editor, proxy.url).datasets.upload(big, { name: 'broken' });
  expect(proxy.connections()).toBeGreaterThan(3);
  expect(sha256(await original(client, dataset.id))).toBe(sha256(big));
});

test('a stream, which cannot be read again, goes on as well', async () => {
  const proxy = await startBreakingProxy(api.url);
  proxy.breakAfter(3 * mebibyte, 9 * mebibyte);
  const big = randomBytes(20 * mebibyte);
  const source = { stream: new Blob([big]).stream(), size: big.length };
  const { dataset } = await clientOf(api.keys.editor, proxy.url).datasets.upload(source, { name: 'broken stream' });
  expect(sha256(await original(client, dataset.id))).toBe(sha256(big));
});

test('an aborted upload rejects at once, and the API throws away what it has', async () => {
  const controller = new AbortController();
  const error = await caught(
    client.datasets.upload(randomBytes(40 * mebibyte), {
      name: 'aborted',
      fileName: 'aborted.csv',
      signal: controller.signal,
      onProgress: ({ bytesSent }) => bytesSent > 10 * mebibyte && controller.abort(),
    }),
  );
  expect(error.kind).toBe('aborted');
  const state = () =>
    api.owner
      .query<{ state: string }>(`select state from uploads where file_name = 'aborted.csv'`)
      .then(({ rows }) => rows.map((row) => row.state));
  await expect.poll(state).toEqual(['aborted']);
  expect((await client.datasets.list({ name: 'aborted' })).items).toEqual([]);
});

test('the next version of a dataset keeps the former original', async () => {
  const first = await client.datasets.upload(Buffer.from('a\n1\n'), { name: 'versions' });
  const datasetId = first.dataset.id;
  const second = await client.datasets.upload(Buffer.from('a\n2\n'), { datasetId, fileName: 'second.csv' });
  expect(second.dataset.id).toBe(datasetId);
  const { items } = await client.datasets.versions({ datasetId });
  expect(items.map(({ number, originalName }) => [number, originalName])).toEqual([
    [2, 'second.csv'],
    [1, 'upload'],
  ]);
  expect(String(await original(client, datasetId, 1))).toBe('a\n1\n');
  expect(String(await original(client, datasetId, 2))).toBe('a\n2\n');
});

test('a file goes into the rows of a dataset, and what the API refuses of it does not cost the bytes', async () => {
  const { dataset } = await client.datasets.upload(Buffer.from('id,name\n1,Ann\n'), { name: 'merged into' });
  const datasetId = dataset.id;
  const delta = Buffer.from('id,name\n2,Ben\n');
  const empty = await caught(client.datasets.upload(delta, { datasetId, mode: 'append' }));
  expect(empty).toMatchObject({ kind: 'precondition', details: { uploadId: expect.any(String) } });
  await publishVersion(
    api.owner,
    { ...api.ours.as.editor, datasetId },
    { columns: [{ name: 'id', type: 'bigint' }], rows: [['1']] },
  );
  const wrong = await caught(client.datasets.upload(delta, { datasetId, mode: 'upsert', keyColumns: ['ident'] }));
  expect(wrong).toMatchObject({ kind: 'invalid', details: { column: 'ident', uploadId: expect.any(String) } });
  const keys = await caught(client.datasets.upload(delta, { datasetId, mode: 'upsert' }));
  expect(keys.kind).toBe('invalid');

  const how = { mode: 'upsert', keyColumns: ['id'], newColumns: 'add' } as const;
  const { versionId } = await client.datasets.upload(delta, { datasetId, ...how });
  const { rows } = await api.owner.query('select mode, key_columns, new_columns from dataset_versions where id = $1', [
    versionId,
  ]);
  expect(rows).toEqual([{ mode: 'upsert', key_columns: ['id'], new_columns: 'add' }]);
});

test('a taken name does not cost the bytes: the error names the upload, which another call can use', async () => {
  await client.datasets.create({ name: 'taken' });
  const error = await caught(client.datasets.upload(Buffer.from('a\n1\n'), { name: 'taken' }));
  expect(error.kind).toBe('conflict');
  const uploadId = String(error.details.uploadId);
  const { dataset } = await client.datasets.create({ name: 'free', uploadId });
  expect(String(await original(client, dataset.id))).toBe('a\n1\n');
});

test('a file that is too large is refused before a byte is sent, and not tried again', async () => {
  const proxy = await startBreakingProxy(api.url);
  const source = { stream: new ReadableStream<Uint8Array>(), size: 65 * mebibyte };
  const error = await caught(clientOf(api.keys.editor, proxy.url).datasets.upload(source, { name: 'large' }));
  expect(error).toMatchObject({ kind: 'limit_reached', status: 413 });
  expect(error.requestId).toBeTruthy();
  expect(proxy.connections()).toBe(1);
});

test('who may not write gets forbidden, and who is nobody unauthenticated', async () => {
  const bytes = Buffer.from('a\n1\n');
  expect((await caught(clientOf(api.keys.viewer).datasets.upload(bytes, { name: 'no' }))).kind).toBe('forbidden');
  expect((await caught(clientOf('grn_none').datasets.upload(bytes, { name: 'no' }))).kind).toBe('unauthenticated');
});

test('an empty file arrives too', async () => {
  const { dataset } = await client.datasets.upload(new Uint8Array(), { name: 'empty' });
  expect(await original(client, dataset.id)).toHaveLength(0);
});
