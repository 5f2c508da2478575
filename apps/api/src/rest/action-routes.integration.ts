import { actions } from '@granary/domain';
import { publishVersion } from '@granary/domain/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startTestApi } from '../testing/start-test-api.ts';
import { fastifyPath } from './action-routes.ts';

const api = await startTestApi();
const created = z.object({ dataset: z.object({ id: z.string() }) });
const send = (method: string, address: string, body: object) =>
  api.fetch(address, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const get = async (address: string) => {
  const response = await api.fetch(address);
  return [response.status, await response.json()] as const;
};

let datasetId = '';
beforeAll(async () => {
  const response = await send('POST', '/v1/datasets', { name: 'rows' });
  expect(response.status).toBe(201);
  datasetId = created.parse(await response.json()).dataset.id;
  const columns = [
    { name: 'id', type: 'bigint' },
    { name: 'label', type: 'text' },
    { name: 'day', type: 'date' },
  ] as const;
  const rows = Array.from({ length: 5 }, (_, at) => [`${at}`, at % 2 ? 'odd' : null, `2026-01-0${at + 1}`]);
  await publishVersion(api.owner, { ...api.ours.as.editor, datasetId }, { columns, rows });
});

test.for(actions.map(({ name, rest }) => ({ name, ...rest })))(
  '$name is served at $method $path',
  ({ method, path }) => {
    expect(api.app.hasRoute({ method, url: fastifyPath(path) })).toBe(true);
  },
);

describe('rows can be asked for by curl', () => {
  const rows = (query: string) => get(`/v1/datasets/${datasetId}/rows?${query}`);

  test('with columns by name, a filter and an order as JSON, and a limit', async () => {
    const filter = encodeURIComponent('{"column":"id","op":"gte","value":1}');
    const order = encodeURIComponent('[{"column":"id","direction":"desc"}]');
    expect(await rows(`columns=id,label&filter=${filter}&order=${order}&limit=2`)).toMatchObject([
      200,
      {
        version: 1,
        columns: [{ name: 'id' }, { name: 'label' }],
        rows: [
          [4, null],
          [3, 'odd'],
        ],
        nextCursor: expect.any(String),
      },
    ]);
  });

  test('with a repeated parameter, and from a cursor', async () => {
    const [, first] = await rows('columns=day&columns=id&limit=4');
    const { nextCursor } = z.object({ nextCursor: z.string() }).parse(first);
    expect(await rows(`columns=day&columns=id&limit=4&cursor=${nextCursor}`)).toMatchObject([
      200,
      { rows: [['2026-01-05', 4]], nextCursor: null },
    ]);
  });

  test.for([
    ['limit=many', 'limit'],
    ['limit=1001', 'limit'],
    ['filter={"column":"id"', 'filter'],
    ['filter={"column":"nope","op":"isNull"}', 'nope'],
    ['version=1.5', 'version'],
    ['page=2', 'page'],
  ])('and ?%s is refused with the reason', async ([query = '', reason]) => {
    const [status, problem] = await rows(encodeURI(query));
    expect([status, problem]).toMatchObject([400, { kind: 'invalid', detail: expect.stringContaining(reason ?? '') }]);
  });
});

test('the path wins over the body', async () => {
  const other = created.parse(await (await send('POST', '/v1/datasets', { name: 'other' })).json()).dataset.id;
  const response = await send('PATCH', `/v1/datasets/${other}`, { datasetId, description: 'mine' });
  expect(await response.json()).toMatchObject({ id: other, description: 'mine' });
  expect(await get(`/v1/datasets/${datasetId}`)).toMatchObject([200, { description: '' }]);
});

test('a field that the input does not have is refused: else a misspelled member would share with everybody', async () => {
  const response = await send('POST', `/v1/datasets/${datasetId}/shares`, { userID: api.ours.as.colleague.userId });
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { detail: 'there is no field "userID" here', details: { fields: expect.arrayContaining(['userId', 'roleId']) } },
  ]);
  expect(await get(`/v1/datasets/${datasetId}/shares`)).toEqual([200, []]);
});

test('what reads and what changes answers 200, what makes something 201', async () => {
  const share = await send('POST', `/v1/datasets/${datasetId}/shares`, {});
  const { id } = z.object({ id: z.string() }).parse(await share.json());
  const removed = await api.fetch(`/v1/datasets/${datasetId}/shares/${id}`, { method: 'DELETE' });
  expect([share.status, removed.status, await removed.json()]).toEqual([201, 200, { removed: true }]);
});

test('answers are not kept by caches', async () => {
  const { headers } = await api.fetch('/v1/datasets');
  expect(headers.get('cache-control')).toBe('no-store');
});

test('an upload that could never be sent is not begun', async () => {
  const response = await send('POST', '/v1/uploads', { fileName: 'huge', bytes: 2 ** 45 });
  expect([response.status, await response.json()]).toMatchObject([429, { details: { requested: 2 ** 45 } }]);
});

test('a dataset of somebody else is like one that never was, by every route', async () => {
  const paths = actions.filter(({ rest }) => rest.path.includes('{datasetId}') && rest.method === 'GET');
  const fill = (path: string, id: string) =>
    path
      .replace('{datasetId}', id)
      .replace(/\{(versionId|exportId|replayId)\}/, '01990000-0000-7000-8000-000000000000')
      .replace(/\{(rowId|number)\}/, '1')
      .replace(/\/diff$/, '/diff?from=1&to=2');
  for (const { rest } of paths)
    for (const key of [api.keys.colleague, api.keys.stranger]) {
      const real = await api.fetch(fill(rest.path, datasetId), { key });
      const never = await api.fetch(fill(rest.path, '01990000-0000-7000-8000-000000000000'), { key });
      const problem = z.object({ detail: z.string(), kind: z.literal('not_found') });
      expect(problem.parse(await real.json())).toEqual(problem.parse(await never.json()));
      expect([real.status, never.status]).toEqual([404, 404]);
    }
});
