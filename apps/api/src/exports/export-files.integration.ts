import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { recordStoredObject } from '@granary/db/testing';
import { publishVersion } from '@granary/domain/testing';
import { createFileObjectStore } from '@granary/object-store';
import { beforeAll, describe, expect, test } from 'vitest';
import { createDataset, shareDataset } from '../testing/datasets.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const { owner, ours } = api;
const columns = [
  { name: 'id', type: 'bigint' },
  { name: 'label', type: 'text' },
] as const;
let datasetId = '';
beforeAll(async () => {
  ({ datasetId } = await createDataset(api, 'files'));
  await publishVersion(
    owner,
    { ...ours.as.editor, datasetId },
    {
      columns,
      rows: [
        ['9007199254740993', '=1+1'],
        ['2', null],
      ],
    },
  );
});

describe('a stream', () => {
  test('of JSON Lines keeps every digit', async () => {
    const response = await api.fetch(`/v1/datasets/${datasetId}/rows.jsonl`);
    expect(response.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
    expect(response.headers.get('granary-change-set')).toBe('0');
    expect(await response.text()).toBe('{"id":9007199254740993,"label":"=1+1"}\n{"id":2,"label":null}\n');
  });

  test('says after its last byte how many rows and bytes there were, and their digest', async () => {
    const { promise, resolve, reject } = Promise.withResolvers<{ body: string; trailers: NodeJS.Dict<string> }>();
    const url = `${api.url}/v1/datasets/${datasetId}/rows.csv?escapeFormulas=true`;
    const headers = { authorization: `Bearer ${api.keys.editor}` };
    request(url, { headers }, (response) => {
      let body = '';
      expect(response.headers['granary-formulas']).toBe('escaped');
      response.setEncoding('utf8').on('data', (piece) => (body += piece));
      response.on('end', () => resolve({ body, trailers: response.trailers }));
    })
      .on('error', reject)
      .end();
    const { body, trailers } = await promise;
    expect(trailers).toEqual({
      'granary-rows': '2',
      'granary-bytes': String(body.length),
      'granary-sha256': createHash('sha256').update(body).digest('hex'),
    });
  });

  test('has a manifest', async () => {
    const response = await api.fetch(`/v1/datasets/${datasetId}/rows.manifest?format=jsonl&columns=label`);
    expect(await response.json()).toMatchObject({
      version: 1,
      changeSet: 0,
      format: 'jsonl',
      rows: null,
      csv: null,
      columns: [{ name: 'label', type: 'text' }],
    });
  });
});

describe('the file of an export', () => {
  const content = 'id,label\r\n';
  const sha256 = createHash('sha256').update(content).digest('hex');
  const start = async (key = api.keys.editor) => {
    const response = await api.fetch(`/v1/datasets/${datasetId}/exports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"format":"csv"}',
      key,
    });
    const { id }: { id: string } = JSON.parse(await response.text());
    return { id, file: `/v1/datasets/${datasetId}/exports/${id}/file` };
  };
  /** What the worker leaves behind. */
  const finish = async (id: string, expiresAt = `now() + interval '1 hour'`) => {
    const landing = path.join(await mkdtemp(path.join(tmpdir(), 'granary-export-')), 'file');
    await writeFile(landing, content);
    await createFileObjectStore(path.join(api.dataDirectory)).putFile({ tenantId: ours.tenantId, sha256 }, landing);
    const { rows } = await owner.query('select version_id from dataset_exports where id = $1', [id]);
    const manifest = {
      dataset: { id: datasetId, name: 'files' },
      version: 1,
      versionId: rows[0].version_id,
      changeSet: 0,
      format: 'csv',
      fileName: 'files-v1.csv',
      rows: 0,
      bytes: content.length,
      sha256,
      columns: [],
      order: [],
      csv: null,
      createdAt: '2026-11-25T00:00:00Z',
    };
    await recordStoredObject(owner, ours.tenantId, sha256, content.length);
    await owner.query(
      `update dataset_exports set state = 'ready', change_count = 0, rows = 0, bytes = $2, sha256 = $3, manifest = $4, expires_at = ${expiresAt} where id = $1`,
      [id, content.length, sha256, JSON.stringify(manifest)],
    );
  };

  test('is served whole, in part, and by its tag', async () => {
    const { id, file } = await start();
    expect((await api.fetch(file)).status).toBe(412);
    await finish(id);
    const whole = await api.fetch(file);
    expect([await whole.text(), whole.headers.get('etag')]).toEqual([content, `"${sha256}"`]);
    expect(whole.headers.get('content-disposition')).toContain('files-v1.csv');
    const part = await api.fetch(file, { headers: { range: 'bytes=3-' } });
    expect([part.status, await part.text()]).toEqual([206, 'label\r\n']);
    expect((await api.fetch(file, { headers: { 'if-none-match': `"${sha256}"` } })).status).toBe(304);
  });

  test('is nobody else’s, also not of whom the dataset is shared with, and ends with the share', async () => {
    const mine = await start();
    await finish(mine.id);
    for (const key of [api.keys.colleague, api.keys.stranger])
      expect((await api.fetch(mine.file, { key })).status).toBe(404);
    const share = await shareDataset(api, datasetId);
    expect((await api.fetch(mine.file, { key: api.keys.colleague })).status).toBe(404);
    const theirs = await start(api.keys.colleague);
    await finish(theirs.id);
    expect((await api.fetch(theirs.file, { key: api.keys.colleague })).status).toBe(200);
    await api.fetch(share, { method: 'DELETE' });
    expect((await api.fetch(theirs.file, { key: api.keys.colleague })).status).toBe(404);
  });

  test('expires', async () => {
    const { id, file } = await start();
    await finish(id, `now() - interval '1 second'`);
    const gone = await api.fetch(file);
    expect([gone.status, await gone.json()]).toMatchObject([404, { detail: 'the file of this export has expired' }]);
    expect(await (await api.fetch(file.replace('/file', ''))).json()).toMatchObject({ state: 'expired' });
  });
});
