import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDataset, shareDataset } from '../testing/datasets.ts';
import { startTestApi } from '../testing/start-test-api.ts';
import { tusRequests } from '../testing/tus-requests.ts';

const api = await startTestApi();
const tus = tusRequests(api);
const bytes = randomBytes(200_000);
const sha256 = createHash('sha256').update(bytes).digest('hex');

let datasetId = '';
let address = '';
beforeAll(async () => {
  const upload = await tus.begin(bytes.length);
  await tus.append(upload, 0, bytes);
  ({ datasetId } = await createDataset(api, 'with original', path.basename(upload)));
  address = `/v1/datasets/${datasetId}/versions/1/original`;
});
const body = async (response: Response) => Buffer.from(await response.arrayBuffer());

describe('the original', () => {
  test('comes back byte for byte, as a file that no browser shows', async () => {
    const response = await api.fetch(address);
    expect(response.status).toBe(200);
    expect(Buffer.compare(await body(response), bytes)).toBe(0);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '200000',
      'content-disposition': `attachment; filename="_bersicht.csv"; filename*=UTF-8''%C3%9Cbersicht.csv`,
      etag: `"${sha256}"`,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache',
    });
  });

  test('can be gone on with where a download broke off', async () => {
    const response = await api.fetch(address, { headers: { range: 'bytes=150000-' } });
    expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 150000-199999/200000']);
    expect(response.headers.get('content-length')).toBe('50000');
    expect(Buffer.compare(await body(response), bytes.subarray(150_000))).toBe(0);
  });

  test('of an end or a middle is just that', async () => {
    expect(await body(await api.fetch(address, { headers: { range: 'bytes=-10' } }))).toEqual(bytes.subarray(-10));
    expect(await body(await api.fetch(address, { headers: { range: 'bytes=5-9' } }))).toEqual(bytes.subarray(5, 10));
  });

  test('has no part outside itself', async () => {
    const response = await api.fetch(address, { headers: { range: 'bytes=200000-' } });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */200000']);
    expect(await response.json()).toMatchObject({ kind: 'invalid', status: 416 });
  });

  test('is not sent again to who has it, and whole to who has another', async () => {
    const again = await api.fetch(address, { headers: { 'if-none-match': `"${sha256}"` } });
    expect([again.status, (await body(again)).length]).toEqual([304, 0]);
    const other = await api.fetch(address, { headers: { range: 'bytes=0-9', 'if-range': '"other"' } });
    expect([other.status, (await body(other)).length]).toEqual([200, 200_000]);
    const same = await api.fetch(address, { headers: { range: 'bytes=0-9', 'if-range': `"${sha256}"` } });
    expect([same.status, (await body(same)).length]).toEqual([206, 10]);
  });

  test('says its size without its bytes', async () => {
    const response = await api.fetch(address, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '200000']);
  });

  test('leaves an audit event with its digest', async () => {
    await api.fetch(address, { headers: { 'x-request-id': 'download-1' } }).then(body);
    const { rows } = await api.owner.query(
      `select action, entity_id, details from audit_events where request_id = 'download-1'`,
    );
    expect(rows).toEqual([{ action: 'datasets.original', entity_id: datasetId, details: { version: 1, sha256 } }]);
  });
});

test('a dataset without a current version has no current original', async () => {
  expect((await api.fetch(`/v1/datasets/${datasetId}/original`)).status).toBe(404);
  await api.owner.query(
    `update datasets set current_version_id = v.id from dataset_versions v where v.dataset_id = datasets.id
    and datasets.id = $1`,
    [datasetId],
  );
  expect(await body(await api.fetch(`/v1/datasets/${datasetId}/original`))).toEqual(bytes);
});

describe('for whom it is not, it is like one that never was', () => {
  const answer = async (key: string, where: string) => {
    const response = await api.fetch(where, { key });
    const { instance: _, ...problem } = JSON.parse(await response.text());
    return problem;
  };

  test('a colleague, until it is shared and after it no longer is', async () => {
    const never = address.replace(datasetId, '01990000-0000-7000-8000-000000000000');
    for (const key of [api.keys.colleague, api.keys.viewer, api.keys.stranger])
      expect(await answer(key, address)).toEqual(await answer(key, never));
    const share = await shareDataset(api, datasetId);
    expect((await api.fetch(address, { key: api.keys.colleague })).status).toBe(200);
    expect((await api.fetch(address, { key: api.keys.stranger })).status).toBe(404);
    await api.fetch(share, { method: 'DELETE' });
    expect((await api.fetch(address, { key: api.keys.colleague })).status).toBe(404);
  });

  test('a version that there is not', async () => {
    expect((await api.fetch(address.replace('/1/', '/2/'))).status).toBe(404);
    expect((await api.fetch(address.replace('/1/', '/0/'))).status).toBe(400);
  });
});

test('an original that the store lost is a defect of ours, not an empty file', async () => {
  const upload = await tus.begin(5);
  const lost = randomBytes(5);
  await tus.append(upload, 0, lost);
  const { datasetId: id } = await createDataset(api, 'lost', path.basename(upload));
  const digest = createHash('sha256').update(lost).digest('hex');
  await rm(path.join(api.dataDirectory, api.ours.tenantId, digest.slice(0, 2), digest));
  const response = await api.fetch(`/v1/datasets/${id}/versions/1/original`);
  expect([response.status, await response.json()]).toMatchObject([500, { kind: 'internal' }]);
});
