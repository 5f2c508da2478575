import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { Agent, get as httpGet } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { publishVersion } from '@granary/domain/testing';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { makeTestKey } from './testing/make-key.ts';
import { startApiProcess } from './testing/start-api-process.ts';
import { brokenAppend, tusRequests } from './testing/tus-requests.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as, tenantId } = await createTestOrganization(owner, 'ours');
const { text: key } = await makeTestKey(owner, as.editor);
const dataDirectory = await mkdtemp(path.join(tmpdir(), 'granary-main-'));
afterAll(() => rm(dataDirectory, { recursive: true }));

const requestsTo = (url: string) => ({
  fetch: (address: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${key}`);
    return fetch(`${url}${address}`, { ...init, headers });
  },
});
const landed = (address: string) => path.join(dataDirectory, 'uploads', path.basename(address));
const sizeOf = (file: string) =>
  stat(file)
    .then(({ size }) => size)
    .catch(() => 0);

test('an upload goes on after SIGKILL of the API in its middle, and is byte for byte what was sent', async () => {
  const bytes = randomBytes(3_000_000);
  let api = await startApiProcess(database, dataDirectory);
  let tus = tusRequests(requestsTo(api.url));
  const address = await tus.begin(bytes.length);
  let offset = 0;
  for (const end of [1_000_000, 2_000_000]) {
    brokenAppend({ url: api.url, key }, address, { offset, total: bytes.length, part: bytes.subarray(offset, end) });
    await expect.poll(() => sizeOf(landed(address))).toBeGreaterThan(offset);
    await api.end('SIGKILL');
    api = await startApiProcess(database, dataDirectory);
    tus = tusRequests(requestsTo(api.url));
    offset = await tus.offset(address);
    expect(offset).toBe(await sizeOf(landed(address)));
  }
  expect((await tus.append(address, offset, bytes.subarray(offset))).status).toBe(204);

  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const stored = await readFile(path.join(dataDirectory, tenantId, sha256.slice(0, 2), sha256));
  expect(Buffer.compare(stored, bytes)).toBe(0);
  const { rows } = await owner.query('select state, sha256 from uploads where id = $1', [path.basename(address)]);
  expect(rows).toEqual([{ state: 'finished', sha256 }]);
  expect(await readdir(path.join(dataDirectory, 'uploads'))).toEqual([]);
});

test('SIGTERM ends streams, lets a running request finish, keeps an upload’s bytes, and exits with 0', async () => {
  const api = await startApiProcess(database, dataDirectory, { GRANARY_API_DRAIN_SECONDS: '1' });
  const { fetch: call } = requestsTo(api.url);
  const datasetId = await newDataset(call, 'drained');
  const { versionId } = await publishVersion(owner, { ...as.editor, datasetId }, { columns: [], rows: [] });
  await owner.query(`update dataset_loads set state = 'running' where version_id = $1`, [versionId]);

  const stream = await call(`/v1/datasets/${datasetId}/loads/${versionId}/events`);
  const reader = stream.body!.getReader();
  await reader.read();
  const tus = tusRequests({ fetch: call });
  const address = await tus.begin(100_000);
  brokenAppend({ url: api.url, key }, address, { offset: 0, total: 100_000, part: randomBytes(40_000) });
  await expect.poll(() => sizeOf(landed(address))).toBe(40_000);
  const agent = new Agent({ keepAlive: true }); // an idle connection must not hold the process
  await once(httpGet(`${api.url}/health/live`, { agent }), 'response').then(([response]) => response.resume());
  const locked = await owner.connect();
  onTestFinished(() => locked.release(true));
  await locked.query('begin');
  await locked.query('lock table datasets');
  const running = call('/v1/datasets');
  await expect
    .poll(
      async () =>
        (
          await owner.query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          )
        ).rowCount,
    )
    .toBeGreaterThan(0);

  const ended = api.end('SIGTERM');
  await expect.poll(async () => (await reader.read()).done).toBe(true);
  await expect.poll(() => takesConnections(api.url)).toBe(false);
  await locked.query('rollback');
  expect((await running).status).toBe(200);
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(await sizeOf(landed(address))).toBe(40_000);
  expect(api.lines.at(-1)).toContain('"closed"');
  agent.destroy();
});

test('a login that could pass row level security by does not get to serve', async () => {
  const started = startApiProcess(database, dataDirectory, { GRANARY_API_DATABASE_URL: database.url('postgres') });
  await expect(started).rejects.toThrow(/cannot serve as api/);
});

test('what is missing in the environment is named', async () => {
  const started = startApiProcess(database, dataDirectory, { GRANARY_IDENTITY_DATABASE_URL: undefined });
  await expect(started).rejects.toThrow(/GRANARY_IDENTITY_DATABASE_URL/);
});

function takesConnections(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

async function newDataset(call: ReturnType<typeof requestsTo>['fetch'], name: string): Promise<string> {
  const response = await call('/v1/datasets', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  return z.object({ dataset: z.object({ id: z.string() }) }).parse(await response.json()).dataset.id;
}
