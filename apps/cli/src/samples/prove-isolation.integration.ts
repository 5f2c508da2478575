import { createGranaryClient } from '@granary/client';
import { databaseEnvironment } from '@granary/db';
import { freePort } from '@granary/db/embedded';
import { createTestDatabase } from '@granary/db/testing';
import { afterAll, expect, test } from 'vitest';
import { givenDatabase } from '../database/owner-database.ts';
import { withOwnerKysely } from '../database/owner-kysely.ts';
import type { Interruption } from '../services/interruption.ts';
import { openStack } from '../start/open-stack.ts';
import { temporaryHome } from '../testing/home.ts';
import { ensureDemo } from './ensure-demo.ts';
import { loadSample } from './load-sample.ts';
import { proveIsolation, type Scene } from './prove-isolation.ts';
import { sampleFiles } from './sample-files.ts';
import { verifySample } from './verify-sample.ts';

const database = await createTestDatabase();
const url = database.url('postgres');
const home = await temporaryHome(database, afterAll);
const never = new AbortController().signal;
const interruption: Interruption = { signal: never, impatience: never, [Symbol.dispose]() {} };
const services = await openStack({
  database: givenDatabase(url, home),
  statementTimeoutMs: databaseEnvironment.parse({}).statementTimeoutMs,
  address: { host: '127.0.0.1', port: await freePort() },
  home,
  env: process.env,
  interruption,
  onStep: () => {},
});
afterAll(() => services.stop());

const demo = await withOwnerKysely(url, databaseEnvironment.parse({}), (owner) => ensureDemo(owner, undefined));
const clientWith = (apiKey: string) => createGranaryClient({ url: services.url, auth: { apiKey } });
const clients = {
  owner: clientWith(demo.owner.apiKey),
  colleague: clientWith(demo.colleague.apiKey),
  stranger: clientWith(demo.stranger.apiKey),
};
const [, , movies] = sampleFiles;
const loaded = await loadSample(clients.owner, movies, { signal: never, onProgress: () => {} });
const scene: Scene = { clients, demo, samples: [loaded], shared: loaded, signal: never };

test('where tenants are kept apart, there is no problem, and the owner’s calls gave something', async () => {
  const found = await proveIsolation(scene);
  expect(found).toMatchObject({ problems: [], strangerRows: 0, colleagueRows: 0, unsharedRows: 0 });
  expect(found.sharedRows).toBe(3201);
  expect(found.ownerRows).toBeGreaterThan(1000);
});

test('a colleague who can read is found, call by call', async () => {
  const { datasetId } = loaded;
  const { id: shareId } = await clients.owner.datasets.share({ datasetId });
  const found = await proveIsolation(scene);
  await clients.owner.datasets.unshare({ datasetId, shareId });
  expect(found.colleagueRows).toBeGreaterThan(1000);
  expect(found.strangerRows).toBe(0);
  for (const call of ['rows', 'columns', 'export as CSV', 'download the original', 'load, streamed'])
    expect(found.problems).toContainEqual(
      expect.stringMatching(new RegExp(`^the colleague got \\d+ by ${call} of movies`)),
    );
  expect(found.problems).toContain('the colleague saw 1 foreign datasets in the list');
});

test('a stranger who is answered with any other error than "not found" has proved nothing', async () => {
  const stranger = clientWith('grn_not_a_key');
  await expect(proveIsolation({ ...scene, clients: { ...clients, stranger } })).rejects.toMatchObject({
    kind: 'unauthenticated',
  });
  const { problems } = await proveIsolation({
    ...scene,
    clients: {
      ...clients,
      stranger: { ...stranger, datasets: { ...stranger.datasets, list: clients.stranger.datasets.list } },
    },
  });
  expect(problems).toContainEqual(expect.stringMatching(/^the stranger was not refused but answered by get of movies/));
});

test('keys of a demo that is there already are kept, and those that were lost are made again', async () => {
  const again = (known: typeof demo | undefined) =>
    withOwnerKysely(url, databaseEnvironment.parse({}), (owner) => ensureDemo(owner, known));
  expect(await again(demo)).toEqual(demo);
  await database
    .pool('postgres')
    .query('update api_keys set revoked_at = now() where user_id = $1', [demo.stranger.userId]);
  const renewed = await again(demo);
  expect(renewed.owner).toEqual(demo.owner);
  expect(renewed.stranger).toEqual({ ...demo.stranger, apiKey: expect.not.stringMatching(demo.stranger.apiKey) });
});

test('what was loaded is held against the file: rows, values and the original', async () => {
  const verify = (sample: Parameters<typeof verifySample>[1]) => verifySample(clients.owner, sample, loaded, never);
  expect(await verify(movies)).toEqual([]);
  const { rows, text } = await movies.expect();
  const values = text?.values ?? [];
  expect(await verify({ ...movies, expect: async () => ({ rows: rows + 1 }) })).toEqual([
    'movies.json: 3202 rows in the file, 3201 loaded, 0 quarantined',
  ]);
  const changed = { column: 'Title', values: ['changed', ...values.slice(1)] };
  expect(await verify({ ...movies, expect: async () => ({ rows, text: changed }) })).toEqual([
    'movies.json: Title: 1 values are missing, 1 are not in the file',
  ]);
  const number = { column: 'IMDB Rating', values };
  expect(await verify({ ...movies, expect: async () => ({ rows, text: number }) })).toEqual([
    'movies.json: IMDB Rating is double precision, not text',
  ]);
  expect(await verify({ ...movies, path: sampleFiles[1].path })).toEqual([
    'movies.json: the original is not what was sent',
  ]);
});
