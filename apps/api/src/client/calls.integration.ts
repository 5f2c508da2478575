import { createGranaryClient, isGranaryError } from '@granary/client';
import { publishVersion } from '@granary/domain/testing';
import { beforeAll, expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const clientOf = (apiKey: string) => createGranaryClient({ url: api.url, auth: { apiKey } });
const client = clientOf(api.keys.editor);
const { editor, colleague } = api.ours.as;

const people = (first: number, count: number) => ({
  columns: [
    { name: 'id', type: 'bigint' as const },
    { name: 'name', type: 'text' as const },
    { name: 'weight', type: 'numeric' as const },
  ],
  rows: Array.from({ length: count }, (_, index) => [
    String(first + index),
    index === 0 ? 'a "quoted", name\nin two lines' : `person ${first + index}`,
    index % 3 === 0 ? null : `${index}.50`,
  ]),
});

let datasetId = '';
beforeAll(async () => {
  const { dataset } = await client.datasets.create({ name: 'people', description: 'who came', origin: 'the desk' });
  datasetId = dataset.id;
  await publishVersion(api.owner, { ...editor, datasetId }, people(1, 25));
});

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('should have been rejected'),
    (error: unknown) => (isGranaryError(error) ? error : expect.fail(`not a GranaryError: ${error}`)),
  );

test('a credential says who it is', async () => {
  expect(await client.session.whoAmI()).toMatchObject({ userId: editor.userId, tenantId: editor.tenantId });
});

test('a page has typed cells and a cursor to the next', async () => {
  const page = await client.datasets.rows({ datasetId, limit: 2, order: [{ column: 'id', direction: 'desc' }] });
  expect(page.columns.map(({ type }) => type)).toEqual(['bigint', 'text', 'numeric']);
  expect(page.rows).toEqual([
    [25, 'person 25', null],
    [24, 'person 24', '23.50'],
  ]);
  const cursor = page.nextCursor ?? expect.fail('there are more');
  const next = await client.datasets.rows({
    datasetId,
    limit: 2,
    order: [{ column: 'id', direction: 'desc' }],
    cursor,
  });
  expect(next.rows.map(([id]) => id)).toEqual([23, 22]);
});

test('filters and columns are as they are typed', async () => {
  const { rows } = await client.datasets.rows({
    datasetId,
    columns: ['name'],
    filter: { and: [{ column: 'id', op: 'in', values: [2, 3, 99] }, { not: { column: 'weight', op: 'isNull' } }] },
  });
  expect(rows).toEqual([['person 2'], ['person 3']]);
});

test('a filter too long for an address is answered all the same', async () => {
  const values = Array.from({ length: 1000 }, (_, index) => index + 20);
  const { rows } = await client.datasets.rows({ datasetId, filter: { column: 'id', op: 'in', values } });
  expect(rows.map(([id]) => id)).toEqual([20, 21, 22, 23, 24, 25]);
});

test('every row comes once, page by page, as objects or as arrays, though a new version is published meanwhile', async () => {
  const ids: unknown[] = [];
  for await (const row of client.datasets.eachRow({ datasetId }, { pageSize: 10 })) {
    if (ids.length === 0) await publishVersion(api.owner, { ...editor, datasetId }, people(1000, 3));
    ids.push(row.id);
  }
  expect(ids).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  const arrays: unknown[] = [];
  for await (const row of client.datasets.eachRow({ datasetId, columns: ['id'] }, { as: 'array' })) arrays.push(row);
  expect(arrays).toEqual([[1000], [1001], [1002]]);
});

test('thirty calls at once are three requests, and all are answered', async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => client.datasets.get({ datasetId })));
  expect(answers.every(({ id }) => id === datasetId)).toBe(true);
});

test('an export is CSV of the version that is asked for, as text', async () => {
  const csv = await client.datasets.exportCsv({
    datasetId,
    version: 1,
    columns: ['id', 'name'],
    filter: { column: 'id', op: 'lte', value: 2 },
    header: 'name',
  });
  expect(await new Response(csv).text()).toBe('id,name\r\n1,"a ""quoted"", name\nin two lines"\r\n2,person 2\r\n');
});

test('what is wrong with an input says the field, the request and the status', async () => {
  const error = await caught(client.datasets.rows({ datasetId, filter: { column: 'age', op: 'eq', value: 1 } }));
  expect(error).toMatchObject({
    kind: 'invalid',
    status: 400,
    details: { column: 'age', columns: ['id', 'name', 'weight'] },
  });
  expect(error.requestId).toMatch(/^[\w.:-]+$/);
  const download = await caught(client.datasets.exportCsv({ datasetId, columns: ['age'] }));
  expect(download).toMatchObject({ kind: 'invalid', status: 400 });
  expect(download.requestId).toMatch(/^[\w.:-]+$/);
});

test.each([
  ['a stranger', () => clientOf(api.keys.stranger)],
  ['a colleague without a share', () => clientOf(api.keys.colleague)],
])('for %s it is not there', async (_who, make) => {
  const other = make();
  const missing = { datasetId: '00000000-0000-7000-8000-000000000000' };
  const errors = await Promise.all(
    [{ datasetId }, missing].flatMap((input) => [
      caught(other.datasets.get(input)),
      caught(other.datasets.rows(input)),
      caught(other.datasets.exportCsv(input)),
      caught(other.datasets.downloadOriginal(input)),
    ]),
  );
  expect(errors.map(({ kind }) => kind)).toEqual(Array(8).fill('not_found'));
  expect((await other.datasets.list()).items).toEqual([]);
});

test('a share opens it at once, and closes it at once', async () => {
  const friend = clientOf(api.keys.colleague);
  const share = await client.datasets.share({ datasetId, userId: colleague.userId });
  expect((await friend.datasets.get({ datasetId })).name).toBe('people');
  await client.datasets.unshare({ datasetId, shareId: share.id });
  expect((await caught(friend.datasets.get({ datasetId }))).kind).toBe('not_found');
});

test('a taken name is a conflict, a wrong key unauthenticated, too small a scope forbidden', async () => {
  expect((await caught(client.datasets.create({ name: 'people' }))).kind).toBe('conflict');
  expect(await caught(clientOf('grn_wrong').datasets.list())).toMatchObject({ kind: 'unauthenticated', status: 401 });
  expect((await caught(clientOf(api.keys.viewer).datasets.create({ name: 'new' }))).kind).toBe('forbidden');
});
