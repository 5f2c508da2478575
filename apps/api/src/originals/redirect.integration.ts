import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { objectStoreEnvironment, openObjectStore } from '@granary/object-store';
import { startS3Server } from '@granary/object-store/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDataset } from '../testing/datasets.ts';
import { startTestApi } from '../testing/start-test-api.ts';
import { tusRequests } from '../testing/tus-requests.ts';

const s3 = await startS3Server();
const folder = await mkdtemp(path.join(tmpdir(), 'granary-redirect-'));
afterAll(async () => {
  await s3.close();
  await rm(folder, { recursive: true });
});
const settings = objectStoreEnvironment.parse(s3.environment);
const store = await openObjectStore(settings, { dataDirectory: folder, workDirectory: folder });
const inS3 = await startTestApi({}, store);
const inFiles = await startTestApi();
const bytes = randomBytes(70_000);

const addressIn = async (api: typeof inS3) => {
  const tus = tusRequests(api);
  const upload = await tus.begin(bytes.length);
  await tus.append(upload, 0, bytes);
  const { datasetId } = await createDataset(api, 'redirected', path.basename(upload));
  return `/v1/datasets/${datasetId}/versions/1/original`;
};
const ask = (api: typeof inS3, address: string, init: Parameters<typeof api.fetch>[1] = {}) =>
  api.fetch(address, { redirect: 'manual', ...init });
const body = async (response: Response) => Buffer.from(await response.arrayBuffer());

describe('an original in S3', () => {
  let address = '';
  beforeAll(async () => {
    address = await addressIn(inS3);
  });

  test('can be had from there, for a minute, as a file that no browser shows', async () => {
    const response = await ask(inS3, `${address}?redirect=true`);
    expect([response.status, response.headers.get('cache-control')]).toEqual([307, 'no-store']);
    const location = new URL(response.headers.get('location') ?? '');
    expect(location.searchParams.get('X-Amz-Expires')).toBe('60');
    const stored = await fetch(location);
    expect(await body(stored)).toEqual(bytes);
    expect(stored.headers.get('content-disposition')).toContain('attachment; filename=');
    expect(stored.headers.get('content-type')).toBe('application/octet-stream');
  });

  test('comes through the API where that is not asked for, or the bytes are not', async () => {
    expect(await body(await ask(inS3, address))).toEqual(bytes);
    const head = await ask(inS3, `${address}?redirect=true`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '70000']);
    const part = await ask(inS3, address, { headers: { range: 'bytes=5-9' } });
    expect(await body(part)).toEqual(bytes.subarray(5, 10));
  });

  test.for(['colleague', 'viewer', 'stranger'] as const)('has no address for a %s', async (who) => {
    const response = await ask(inS3, `${address}?redirect=true`, { key: inS3.keys[who] });
    expect([response.status, response.headers.get('location')]).toEqual([404, null]);
  });

  test('is asked for in words that are understood', async () => {
    expect((await ask(inS3, `${address}?redirect=maybe`)).status).toBe(400);
  });
});

test('a sealed original is decrypted on its way, and so comes through the API', async () => {
  const response = await inS3.fetch('/v1/datasets', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'people', identifiers: ['id'] }),
  });
  const { dataset } = JSON.parse(await response.text());
  const begun = await inS3.fetch('/v1/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fileName: 'people.csv', bytes: bytes.length, datasetId: dataset.id }),
  });
  const { id: uploadId } = JSON.parse(await begun.text());
  await tusRequests(inS3).append(`/files/${uploadId}`, 0, bytes);
  await inS3.fetch(`/v1/datasets/${dataset.id}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uploadId }),
  });
  const sent = await ask(inS3, `/v1/datasets/${dataset.id}/versions/1/original?redirect=true`);
  expect(sent.status).toBe(200);
  expect(await body(sent)).toEqual(bytes);
});

test('a store in files has no address of its own, and the bytes come', async () => {
  const response = await ask(inFiles, `${await addressIn(inFiles)}?redirect=true`);
  expect(response.status).toBe(200);
  expect(await body(response)).toEqual(bytes);
});
