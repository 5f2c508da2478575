import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';
import { brokenAppend, tusRequests } from '../testing/tus-requests.ts';

const api = await startTestApi();
const tus = tusRequests(api);
const marker = 'PATIENT-4711-MARKER';
const file = Buffer.from(`patient_id,age\n${`${marker},64\n`.repeat(20_000)}`);
const json = { 'content-type': 'application/json' };
const post = (address: string, input: unknown, method = 'POST', key?: string) =>
  api.fetch(address, { method, headers: json, body: JSON.stringify(input), ...(key && { key }) });

async function createPeople(name: string): Promise<string> {
  const response = await post('/v1/datasets', { name, identifiers: ['patient_id'] });
  return z.object({ dataset: z.object({ id: z.string() }) }).parse(await response.json()).dataset.id;
}

const upload = z.object({ id: z.string(), sealed: z.boolean() });
async function begin(datasetId: string, bytes = file.length): Promise<string> {
  const begun = upload.parse(await (await post('/v1/uploads', { fileName: 'people.csv', bytes, datasetId })).json());
  expect(begun.sealed).toBe(true);
  return `/files/${begun.id}`;
}

/** Every byte that lies below the data directory, with the names of the files. */
async function everything(): Promise<Buffer> {
  const entries = await readdir(api.dataDirectory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return Buffer.concat(await Promise.all(files.map((each) => readFile(each))));
}

async function sealedLoad(name: string): Promise<{ datasetId: string; versionId: string; uploadId: string }> {
  const datasetId = await createPeople(name);
  const address = await begin(datasetId);
  expect((await tus.append(address, 0, file)).status).toBe(204);
  const uploadId = address.split('/').at(-1) ?? '';
  const loading = await post(`/v1/datasets/${datasetId}/versions`, { uploadId });
  return { datasetId, uploadId, ...z.object({ versionId: z.string() }).parse(await loading.json()) };
}

describe('a file for a dataset with identifiers', () => {
  test('is encrypted from its first byte, also when the connection breaks and goes on at any byte', async () => {
    const datasetId = await createPeople('broken');
    const address = await begin(datasetId);
    const landing = path.join(api.dataDirectory, 'uploads', address.split('/').at(-1) ?? '');
    for (const [from, to] of [
      [0, 100_001],
      [100_001, 233_335],
    ] as const) {
      const broken = brokenAppend({ url: api.url, key: api.keys.editor }, address, {
        offset: from,
        total: file.length,
        part: file.subarray(from, to),
      });
      await expect.poll(async () => (await readFile(landing)).length).toBe(to);
      expect((await everything()).includes(marker)).toBe(false);
      broken.cut();
      await expect.poll(() => tus.offset(address)).toBe(to);
    }
    expect((await tus.append(address, 233_335, file.subarray(233_335))).status).toBe(204);
    expect((await everything()).includes(marker)).toBe(false);
    const uploadId = address.split('/').at(-1);
    expect((await post(`/v1/datasets/${datasetId}/versions`, { uploadId })).status).toBe(201);
    await api.owner.query(`update dataset_versions set state = 'ready' where dataset_id = $1`, [datasetId]);
    const original = await api.fetch(`/v1/datasets/${datasetId}/versions/1/original`);
    expect(Buffer.compare(Buffer.from(await original.arrayBuffer()), file)).toBe(0);
  });

  test('is stored under the digest of what is stored, which says nothing of the file', async () => {
    const { uploadId } = await sealedLoad('digest');
    const { rows } = await api.owner.query('select sha256 from uploads where id = $1', [uploadId]);
    expect(rows[0].sha256).not.toBe(createHash('sha256').update(file).digest('hex'));
    const stored = await readFile(
      path.join(api.dataDirectory, api.ours.tenantId, rows[0].sha256.slice(0, 2), rows[0].sha256),
    );
    expect(createHash('sha256').update(stored).digest('hex')).toBe(rows[0].sha256);
  });

  test('may be begun by tus alone, with the dataset among its metadata', async () => {
    const datasetId = await createPeople('by tus');
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    const created = await tus.create(file.length, {
      headers: { 'upload-metadata': `filename ${encoded('p.csv')},datasetId ${encoded(datasetId)}` },
    });
    const address = created.headers.get('location') ?? '';
    expect((await tus.append(address, 0, file)).status).toBe(204);
    expect((await everything()).includes(marker)).toBe(false);
  });

  test('is refused when it was not begun for the dataset, or was for another one', async () => {
    const datasetId = await createPeople('plain');
    const plain = await tus.begin(5);
    await tus.append(plain, 0, Buffer.from('a,b\n1'));
    const load = (uploadId: string | undefined, into: string) => post(`/v1/datasets/${into}/versions`, { uploadId });
    const refused = await load(plain.split('/').at(-1), datasetId);
    expect([refused.status, await refused.json()]).toMatchObject([412, { detail: /sealed from the first byte/ }]);
    const { uploadId } = await sealedLoad('first');
    const moved = await load(uploadId, datasetId);
    expect([moved.status, await moved.json()]).toMatchObject([412, { detail: /for another dataset/ }]);
    const created = await post('/v1/datasets', {
      name: 'at once',
      identifiers: ['x'],
      uploadId: plain.split('/').at(-1),
    });
    expect(created.status).toBe(412);
  });

  test('comes back to who administers the dataset, also in part, and to no reader', async () => {
    const { datasetId } = await sealedLoad('download');
    await api.owner.query(`update dataset_versions set state = 'ready' where dataset_id = $1`, [datasetId]);
    await post(`/v1/datasets/${datasetId}/shares`, { userId: api.ours.as.viewer.userId });
    const address = `/v1/datasets/${datasetId}/versions/1/original`;
    const part = await api.fetch(address, { headers: { range: 'bytes=12345-99999' } });
    expect(part.status).toBe(206);
    expect(Buffer.compare(Buffer.from(await part.arrayBuffer()), file.subarray(12_345, 100_000))).toBe(0);
    const reader = await api.fetch(address, { key: api.keys.viewer });
    expect([reader.status, await reader.json()]).toMatchObject([403, { detail: /who administers the dataset/ }]);
    expect((await api.fetch(address, { key: api.keys.colleague })).status).toBe(404);
  });

  test('cannot be read once the key of the dataset was destroyed', async () => {
    const { datasetId } = await sealedLoad('destroyed');
    await api.owner.query(`update dataset_versions set state = 'ready' where dataset_id = $1`, [datasetId]);
    await api.owner.query(
      'update encryption_keys set wrapped = null, destroyed_at = now(), retired_at = now() where dataset_id = $1',
      [datasetId],
    );
    const original = await api.fetch(`/v1/datasets/${datasetId}/versions/1/original`);
    expect([original.status, await original.json()]).toMatchObject([412, { detail: /was destroyed/ }]);
    const next = await post('/v1/uploads', { fileName: 'f', bytes: 1, datasetId });
    expect([next.status, await next.json()]).toMatchObject([412, { detail: /encryption.rotate makes a new one/ }]);
  });
});

test('nothing of the file, and no key, was logged', () => {
  expect(api.logs()).not.toContain(marker);
});
