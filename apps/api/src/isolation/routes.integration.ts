import { randomBytes } from 'node:crypto';
import { createDatabase } from '@granary/db';
import { type Action, actions, CatalogueMemory, MasterKeys } from '@granary/domain';
import { isOfColleagues, nobodysIds, populate, runOf, sampleInput, type VictimIds } from '@granary/domain/testing';
import { describe, expect, test } from 'vitest';
import { fastifyPath } from '../rest/action-routes.ts';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const dependencies = {
  database: createDatabase(api.pool, { prepared: true }),
  catalogue: new CatalogueMemory(),
  masterKeys: MasterKeys.parse(randomBytes(32).toString('base64')),
};
const ids = await populate(api.owner, dependencies, api.ours);
await populate(api.owner, dependencies, api.theirs);

const isPublic = (action: Action) => action.access === 'public';
/** What anybody may ask for: nothing in them belongs to a tenant. */
const open = [
  /^(GET|HEAD) \/health/,
  /^(GET|HEAD) \/docs/,
  /^(GET|HEAD) \/account\//,
  /^POST \/account\/notifications$/, // by the token of a mail
  /^POST \/hooks\/repositories\/:repositoryId\/images$/, // by a signature
  /^(GET|HEAD) \/openapi\.json$/,
  /^OPTIONS /,
];
const publicRoutes = new Set(
  actions.filter(isPublic).flatMap(({ rest: { method, path } }) =>
    // whatever may be got answers to HEAD
    [method, ...(method === 'GET' ? ['HEAD'] : [])].map((each) => `${each} ${fastifyPath(path)}`),
  ),
);
/** tRPC serves all procedures under one address: each action is a route of its own here. */
const procedures = actions
  .filter((action) => !isPublic(action))
  .map(({ name, kind }) => `${kind === 'query' ? 'GET' : 'POST'} /trpc/${name}`);
const watch = 'GET /trpc/datasets.watchLoad';
const closed = [
  ...api.routes.filter(
    (route) => !route.includes('/trpc') && !publicRoutes.has(route) && !open.some((pattern) => pattern.test(route)),
  ),
  ...procedures,
  watch,
];

/** The action that a route serves; HEAD asks what GET does. */
const actionOf = (route: string): Action | undefined => {
  const asked = route.replace(/^HEAD /, 'GET ');
  return actions.find(
    ({ name, rest }) => asked === `${rest.method} ${fastifyPath(rest.path)}` || asked.endsWith(` /trpc/${name}`),
  );
};

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Calls a route with these ids wherever it takes one; ids in the answer become blanks, so that answers can be compared. */
async function call(route: string, given: VictimIds, key: string | null): Promise<Answer> {
  const [method = '', pattern = ''] = route.split(' ');
  const action = actionOf(route);
  const inPath = {
    ...given,
    version: '1',
    rowId: '1',
    number: '1',
    name: 'secret',
    uploadId: given.openUploadId,
    runId: runOf(pattern, given),
  };
  let address = pattern
    .replace(/:(\w+)/g, (_, name: keyof typeof inPath) => inPath[name] ?? `no-${name}`)
    .replace('*', given.datasetId);
  const init: { method: string; body?: string; headers: Record<string, string> } = { method, headers: {} };
  const input = inputOf(route, action, given);
  if (pattern.startsWith('/trpc')) {
    if (method === 'GET') address += `?input=${encodeURIComponent(JSON.stringify({ json: input }))}`;
    else Object.assign(init, json({ json: input }));
  } else if (pattern.startsWith('/files')) {
    init.headers = {
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'upload-length': '3',
      'upload-metadata': 'filename eA==',
      'content-type': 'application/offset+octet-stream',
    };
    if (method === 'PATCH') init.body = 'abc';
  } else if (method !== 'GET' && method !== 'HEAD' && method !== 'DELETE') Object.assign(init, json(input));
  const response = await api.fetch(address, { ...init, key, signal: AbortSignal.timeout(10_000) });
  const isEndless = response.ok && endless.includes(route);
  return { status: response.status, body: blank(isEndless ? await beginningOf(response) : await response.text()) };
}

/** Streams of what is the caller's own, which go on. */
const endless: readonly string[] = ['GET /v1/notifications/events'];

async function beginningOf(response: Response): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const { value = '' } = await reader.read();
  await reader.cancel();
  return value;
}

const json = (value: unknown) => ({ body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });

function inputOf(route: string, action: Action | undefined, given: VictimIds): unknown {
  if (action) return sampleInput(action, given);
  return route === watch ? { datasetId: given.datasetId, versionId: given.versionId } : {};
}

const blank = (body: string) =>
  body
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');

/** What is wrong with a route, seen by somebody who may not; empty is the only acceptable answer. */
async function leaks(route: string, key: string): Promise<string[]> {
  const anonymous = await call(route, ids, null);
  const real = await call(route, ids, key);
  const never = await call(route, nobodysIds(), key);
  const problems: string[] = [];
  // a stream of tRPC says it in an event, because its status is sent before it begins
  const refused = anonymous.status === 401 || /^event: serialized-error\n.*"unauthenticated"/m.test(anonymous.body);
  if (!refused) problems.push(`answers ${anonymous.status} without a credential`);
  if (real.status >= 500) problems.push(`fails with ${real.status}: ${real.body}`);
  const mutable = real.status < 300 && never.status < 300; // e.g. the caller's own new thing
  if (real.status !== never.status || (!mutable && real.body !== never.body)) {
    problems.push(`tells a hidden thing from none: ${JSON.stringify(real)} and ${JSON.stringify(never)}`);
  }
  for (const secret of ['secret', 'hidden'])
    if (real.body.includes(secret) && !isTheirOwn(route)) problems.push(`shows ${secret}`);
  return problems;
}

/** Routes that list or make what is the caller's own; the other organization has things of the same names. */
const isTheirOwn = (route: string) =>
  /(GET|POST) (\/v1\/(datasets|keys|uploads|audit|tables|tables\/search|todos|notifications|blocks|edges|pipelines|repositories|images|search|search\/passages)|\/trpc\/(datasets\.(list|create)|keys\.\w+|uploads\.begin|(audit|notifications|blocks|edges|pipelines|repositories|images)\.list|search\.(query|passages)|tables\.(list|search|create))|\/files)$/.test(
    route,
  );

async function stateOfVictim(): Promise<unknown> {
  const { rows } = await api.owner.query(
    `select md5(string_agg(each, '' order by each)) as state from (
       select to_jsonb(t)::text as each from datasets t where tenant_id = $1 and owner_id = $2
       union all select to_jsonb(t)::text from dataset_shares t where dataset_id in (select id from datasets where tenant_id = $1 and owner_id = $2)
       union all select to_jsonb(t)::text from dataset_versions t where dataset_id in (select id from datasets where tenant_id = $1 and owner_id = $2)
       union all select to_jsonb(t)::text from uploads t where tenant_id = $1 and user_id = $2
       union all select to_jsonb(t)::text from api_keys t where tenant_id = $1 and user_id = $2) every_row`,
    [api.ours.tenantId, api.ours.as.editor.userId],
  );
  return rows[0];
}

test('there are routes to try: REST, procedures, every verb of tus, downloads and streams', () => {
  for (const route of [
    'HEAD /files/:uploadId',
    'PATCH /files/:uploadId',
    'DELETE /files/:uploadId',
    'POST /files',
    'GET /v1/datasets/:datasetId/rows.csv',
    'GET /v1/datasets/:datasetId/loads/:versionId/events',
    'GET /v1/datasets/:datasetId/versions/:version/original',
  ]) {
    expect(closed).toContain(route);
  }
  expect(closed.length).toBeGreaterThan(2 * actions.length);
});

/** Sources belong to everybody in an organization, and so do the streams of their runs, which are no actions. */
const ofColleagues = (route: string) => {
  const action = actionOf(route);
  return action ? isOfColleagues(action) : route.includes(' /v1/sources/');
};

describe.each([
  ['a stranger', api.keys.stranger, closed],
  ['a colleague without a share', api.keys.colleague, closed.filter((route) => !ofColleagues(route))],
] as const)('%s', (_, key, routes) => {
  test.each(routes)('gets nothing by %s', async (route) => {
    const before = await stateOfVictim();
    expect(await leaks(route, key)).toEqual([]);
    expect(await stateOfVictim()).toEqual(before);
  });
});

test('the owner gets something: the attempts above could have succeeded', async () => {
  for (const route of [
    'GET /v1/datasets/:datasetId',
    'GET /v1/datasets/:datasetId/rows',
    'GET /trpc/datasets.rows',
    'GET /v1/datasets/:datasetId/rows.csv',
    'HEAD /files/:uploadId',
    'GET /v1/datasets/:datasetId/loads/:versionId/events',
  ]) {
    expect((await call(route, ids, api.keys.editor)).status, route).toBe(200);
  }
});

test('a route that forgets to ask who is calling would have been noticed', async () => {
  const { fetch: asked } = api;
  Object.assign(api, { fetch: (address: string, init: object) => asked(address, { ...init, key: api.keys.editor }) });
  const found = await leaks('GET /v1/datasets/:datasetId', api.keys.stranger).finally(() =>
    Object.assign(api, { fetch: asked }),
  );
  expect(found.join('\n')).toMatch(/without a credential[\s\S]*tells a hidden thing from none[\s\S]*shows secret/);
});
