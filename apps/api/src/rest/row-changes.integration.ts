import { publishVersion } from '@granary/domain/testing';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
let dataset = '';
beforeAll(async () => {
  const created = await call('POST', '/v1/datasets', { name: 'changing' });
  const { id } = z.object({ dataset: z.object({ id: z.string() }) }).parse(created[1]).dataset;
  dataset = `/v1/datasets/${id}`;
  const columns = [
    { name: 'id', type: 'bigint' },
    { name: 'label', type: 'text' },
  ] as const;
  const rows = [
    ['1', 'one'],
    ['2', 'two'],
  ];
  await publishVersion(api.owner, { ...api.ours.as.editor, datasetId: id }, { columns, rows });
});

async function call(method: string, address: string, body?: object, key = api.keys.editor) {
  const response = await api.fetch(address, {
    method,
    key,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return [response.status, await response.json()] as const;
}

test('a row is read, changed, refused when it was changed meanwhile, and deleted, by curl', async () => {
  const row = { version: 1, rowId: 2, revision: 0, cells: { id: 2, label: 'two' } };
  expect(await call('GET', `${dataset}/rows/2`)).toEqual([200, row]);
  const change = { version: 1, revision: 0, set: { label: 'zwei' } };
  expect(await call('PATCH', `${dataset}/rows/2`, change)).toMatchObject([200, { changeSet: 1, updated: 1 }]);
  expect(await call('PATCH', `${dataset}/rows/2`, change)).toMatchObject([
    409,
    { kind: 'conflict', details: { rows: [{ rowId: 2, revision: 1 }] } },
  ]);
  expect(await call('PATCH', `${dataset}/rows/2`, { ...change, revision: 1, set: { id: 'x' } })).toMatchObject([
    400,
    { details: { column: 'id', type: 'bigint' } },
  ]);
  expect(await call('DELETE', `${dataset}/rows/2?version=1&revision=1`)).toMatchObject([200, { deleted: 1 }]);
  expect(await call('GET', `${dataset}/rows/2`)).toMatchObject([404, { kind: 'not_found' }]);
  expect(await call('POST', `${dataset}/rows`, { version: 1, rows: [{ id: 3 }] })).toMatchObject([
    201,
    { rows: [{ rowId: 3, revision: 3 }] },
  ]);
  expect(await call('POST', `${dataset}/changes/2/revert`, { version: 1 })).toMatchObject([201, { inserted: 1 }]);
  expect(await call('GET', `${dataset}/rows/2/history?limit=1`)).toMatchObject([
    200,
    { items: [{ what: 'inserted', kind: 'revert' }], nextBefore: { version: 1, changeSet: 4 } },
  ]);
  const before = encodeURIComponent('{"version":1,"changeSet":4}');
  expect(await call('GET', `${dataset}/rows/2/history?before=${before}`)).toMatchObject([
    200,
    { items: [{ what: 'deleted' }, { what: 'updated' }], nextBefore: null },
  ]);
});

test('a version is named by its number or by an alias, also in an address', async () => {
  expect(await call('PUT', `${dataset}/aliases/production`, { version: 1 })).toMatchObject([200, { version: 1 }]);
  for (const version of ['1', 'production'])
    expect(await call('GET', `${dataset}/rows?version=${version}&limit=1`)).toMatchObject([200, { version: 1 }]);
  expect(await call('GET', `${dataset}/rows?version=staging`)).toMatchObject([404, { kind: 'not_found' }]);
  for (const version of ['-1', '1.5', 'current', '%27', '1 or 1=1'])
    expect(await call('GET', `${dataset}/rows?version=${encodeURIComponent(version)}`), version).toMatchObject([
      400,
      {},
    ]);
  const csv = await api.fetch(`${dataset}/rows.csv?version=production`);
  expect([csv.status, (await csv.text()).split('\n')[0]]).toEqual([200, expect.stringContaining('id,label')]);
  expect(await call('DELETE', `${dataset}/aliases/production`)).toMatchObject([200, { removed: true }]);
});

test('a stranger and a colleague are told the same, whether or not there is such a row', async () => {
  for (const key of [api.keys.colleague, api.keys.stranger])
    for (const rowId of [1, 99])
      expect(
        await call('PATCH', `${dataset}/rows/${rowId}`, { version: 1, revision: 0, set: { nope: 1 } }, key),
      ).toMatchObject([404, { detail: 'no such dataset' }]);
});
