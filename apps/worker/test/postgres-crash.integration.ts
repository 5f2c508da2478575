import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPool, ensureLogins, prepareDatabase, withClient } from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import { expect, test } from 'vitest';
import { contentOf, createLoadHarness } from './load-harness.ts';

const file = ['id,name', ...Array.from({ length: 200_000 }, (_, i) => `${i},"name ${i}"`), 'one,two,three', ''].join(
  '\n',
);

test('Postgres killed in mid-COPY: nothing of the load is there, and it is completed when the server is back', {
  timeout: 600_000,
}, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-crash-'));
  await chmod(folder, 0o755);
  const directory = path.join(folder, 'postgres');
  // durable: what was committed must survive the kill
  const server = await startEmbeddedPostgres({ directory, durable: true });
  await withClient(server.url('postgres', 'postgres'), (client) => client.query('create database app'));
  const ownerUrl = server.url('postgres', 'app');
  await prepareDatabase({ url: ownerUrl, administratorUrl: server.url('supabase_admin', 'app') });
  const logins = await ensureLogins(ownerUrl);
  const owner = createPool(ownerUrl);
  const api = createPool(logins.api);
  const harness = await createLoadHarness(owner, api, logins.worker);
  const pause = path.join(folder, 'pause');
  let restarted = server;
  try {
    const ready = async (ids: Parameters<typeof harness.status>[0]) =>
      expect
        .poll(
          () =>
            harness.status(ids).then(
              ({ state }) => state,
              () => 'no answer',
            ),
          { interval: 250 },
        )
        .toBe('ready');
    const undisturbed = await harness.requestLoad('rows.csv', file);
    const worker = harness.startWorker('mid-copy', { PAUSE_WHILE: pause });
    await ready(undisturbed);
    const expected = await contentOf(owner, undisturbed.versionId);
    expect(expected.rows).toBe(200_000);

    await writeFile(pause, '');
    const ids = await harness.requestLoad('rows.csv', file, undisturbed.datasetId);
    await worker.said('paused');
    process.kill(server.pid, 'SIGKILL');
    restarted = await startEmbeddedPostgres({ directory, durable: true });
    expect(restarted.port).toBe(server.port);
    expect(await contentOf(owner, undisturbed.versionId)).toEqual(expected);
    const { rows } = await owner.query(
      `select count(*)::int as n from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'`,
    );
    expect(rows).toEqual([{ n: 1 }]);

    await rm(pause);
    await ready(ids);
    expect(await contentOf(owner, ids.versionId)).toEqual(expected);
  } finally {
    await harness.close();
    await Promise.all([owner.end(), api.end()]);
    await restarted.remove();
    await rm(folder, { recursive: true, force: true });
  }
});
