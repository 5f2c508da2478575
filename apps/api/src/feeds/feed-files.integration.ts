import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createFileObjectStore } from '@granary/object-store';
import { beforeAll, expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';

const api = await startTestApi();
const { owner } = api;
const store = createFileObjectStore(api.dataDirectory);
const content = 'day,users\n2026-01-31,103974\n';
const sha256 = createHash('sha256').update(content).digest('hex');
const address = '/v1/plugins/feed-days/2026-01-31/snapshots.csv';

async function publish(text: string) {
  const file = path.join(api.dataDirectory, 'landing.csv');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  await store.publish?.('feeds/plugin_snapshots/v1/dt=2026-01-31/snapshots.csv', {
    path: file,
    sha256: createHash('sha256').update(text).digest('hex'),
  });
}

beforeAll(async () => {
  const manifest = {
    day: '2026-01-31',
    rows: 1,
    files: [{ name: 'snapshots.csv', bytes: content.length, sha256 }],
    columns: [],
    madeAt: '2026-02-01T00:00:00Z',
  };
  await owner.query(
    `insert into feed_days (feed, day, made, manifest, made_at) values ('plugin_snapshots', '2026-01-31', 1, $1, now())`,
    [manifest],
  );
  await publish(content);
});

test('a file of the feed is downloaded as its manifest says, whole or in part, and the trail has it', async () => {
  const whole = await api.fetch(address);
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': expect.stringContaining('2026-01-31-snapshots.csv'),
    etag: `"${sha256}"`,
  });
  expect(await whole.text()).toBe(content);
  const part = await api.fetch(address, { headers: { range: 'bytes=4-8' } });
  expect([part.status, await part.text()]).toEqual([206, 'users']);
  expect((await api.fetch(address, { headers: { 'if-none-match': `"${sha256}"` } })).status).toBe(304);
  expect((await api.fetch(address, { headers: { range: 'bytes=900-' } })).status).toBe(416);
  const { rows } = await owner.query(`select details from audit_events where action = 'plugins.feedFile' limit 1`);
  expect(rows).toEqual([{ details: { day: '2026-01-31', fileName: 'snapshots.csv', sha256 } }]);
});

test.each([
  '/v1/plugins/feed-days/2026-02-01/snapshots.csv',
  '/v1/plugins/feed-days/2026-01-31/snapshots.parquet',
  '/v1/plugins/feed-days/2026-01-31/manifest.json',
  '/v1/plugins/feed-days/2026-01-31/..%2f..%2f..%2fsnapshots.csv',
  '/v1/plugins/feed-days/..%2fdt=2026-01-31/snapshots.csv',
])('there is nothing at %s', async (other) => {
  expect((await api.fetch(other)).status).toBeOneOf([400, 404]);
});

test('nobody gets it without a credential', async () => {
  expect((await fetch(`${api.url}${address}`)).status).toBe(401);
});

test('a file that is not the one of the manifest, since the day is made anew, is not sent as if it were', async () => {
  await publish(`${content}more`);
  expect((await api.fetch(address)).status).toBe(503);
  await publish(content.replace('3', '4'));
  expect((await api.fetch(address)).status).toBe(503); // a long one breaks off instead
  await publish(content);
});
