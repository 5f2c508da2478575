import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createTestDatabase } from '@granary/db/testing';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { image, runtime } from './container-image.ts';
import type { WorkerProcess } from './load-harness.ts';
import { createCatalogue } from './pipeline-harness.ts';
import { registry } from './registry-server.ts';

const part = await createCatalogue(await createTestDatabase());
afterAll(() => part.close());
const canRun = runtime.command !== null;
const columns = [{ name: 'id', type: 'bigint', nullable: true }];

/** A registry that has the image, a worker that may ask it, and edges that run a script in it. */
async function scene() {
  const { url, host, put, keep } = await registry();
  if (!image) throw new Error('no image');
  for (const { bytes } of image.blobs) keep(bytes);
  put('team/shell', '1', { type: image.type, bytes: image.manifest.bytes });
  const environment = { CONTAINERS: runtime.command?.join(' ') ?? '', OUTBOUND_ALLOW: host };
  const named = `${host}/team/shell@${image.manifest.digest}`;
  let made = 0;
  const edge = async (script: string, from = named) =>
    (
      await part.act<{ id: string }>('edges.create', {
        name: `edge ${host} ${++made}`,
        inputs: [{ name: 'rows', columns }],
        outputs: [{ name: 'out', columns }],
        implementation: { kind: 'container', image: from, command: ['/bin/sh', '-c', script] },
      })
    ).id;
  const verify = (edgeId: string, limits: object = {}) =>
    part.verify(edgeId, { inputs: { rows: { rows: [{ id: 1 }, { id: null }] } }, limits });
  const start = async () => {
    const worker = part.startWorker('never', environment);
    onTestFinished(() => stop(worker));
    await worker.said('ready');
    return worker;
  };
  return { url, host, edge, verify, start };
}
const copy = 'busybox cp /granary/inputs/rows.parquet /granary/output/out.parquet';

async function stop({ child }: WorkerProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Processes with this in their command line, but for those that only look. */
async function processesWith(text: string): Promise<string[]> {
  const all = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return all.filter((line) => line.includes(text));
}

test.skipIf(!canRun)('an image that was verified runs as a step, and its rows are a version with lineage', async () => {
  const { edge, verify, start, host } = await scene();
  const worker = await start();
  const edgeId = await edge(`${copy}; echo "as $(busybox id -u)"; busybox ls /granary/inputs`);
  const verified = await verify(edgeId);
  expect(verified).toMatchObject({ status: 'passed', logs: expect.stringMatching(/as 1879\d+\nrows\.parquet/) });
  const { datasetId } = await part.newDataset('boxed', [['id', 'bigint']], [['7'], [null], ['9']]);
  const target = await part.target('boxed out');
  const { id: pipelineId } = await part.act<{ id: string }>('pipelines.create', {
    name: 'boxed',
    steps: [{ name: 'copy', edgeId, inputs: { rows: { datasetId } }, output: { datasetId: target } }],
  });
  const { id } = await part.act<{ id: string }>('runs.launch', { pipelineId });
  const done = await part.runEnded(id);
  expect(done, JSON.stringify(done)).toMatchObject({ state: 'succeeded', steps: [{ rows: 3 }] });
  const rows = await part.act<{ rows: unknown[] }>('datasets.rows', { datasetId: target });
  expect(rows.rows).toEqual([['7'], [null], ['9']].map((row) => row.map((cell) => cell && Number(cell))));
  const logs = await part.act<{ items: { message: string }[] }>('runs.logs', { runId: id });
  expect(logs.items.map(({ message }) => message).join('\n')).toContain(`${host}/team/shell@sha256:`);

  await stop(worker);
  const launch = () => part.act('runs.launch', { pipelineId });
  // the lock goes with its connection
  await expect
    .poll(async () =>
      launch().then(
        () => 'launched',
        ({ details }) => details,
      ),
    )
    .toMatchObject({ reason: 'no engine', kind: 'container', missing: ['engine'] });
});

test.skipIf(!canRun)('what a container does that it may not fails, with a reason, and leaves nothing', async () => {
  const { edge, verify, start, host, url } = await scene();
  await start();
  const refused: readonly (readonly [script: string, why: string | RegExp, limits?: object])[] = [
    ['exit 3', 'the container ended with 3'],
    ['true', 'the container left no file /granary/output/out.parquet'],
    ['busybox ln -s /etc/passwd /granary/output/out.parquet', 'the container left no file'],
    ['busybox mkdir /granary/output/out.parquet', 'the container left no file'],
    [
      'busybox cp /granary/inputs/rows.parquet a && busybox ln a /granary/output/out.parquet',
      'the container left no file',
    ],
    ['echo no > /granary/output/out.parquet', /FAILED run: (?!the container)/],
    [`echo x > /granary/inputs/rows.parquet || exit 4; ${copy}`, 'the container ended with 4'],
    [`echo x > /x || exit 5; ${copy}`, 'the container ended with 5'],
    [`busybox wget -T 3 -O - ${url}/v2/ || exit 6; ${copy}`, 'the container ended with 6'],
    ['busybox sleep 1000', 'the container took longer than 2 seconds', { seconds: 2 }],
    [
      'x=$(busybox dd if=/dev/zero bs=1M count=300 | busybox tr "\\0" x); echo "$x" > /tmp/x',
      'the container ended with',
      { memoryMb: 64 },
    ],
    ['while true; do busybox sleep 100 & done', /ended with|took longer/, { seconds: 5 }],
    ['busybox dd if=/dev/zero of=/granary/output/big bs=1M count=200', 'the container ended with', { spillMb: 64 }],
  ];
  for (const [script, why, limits] of refused) {
    const found = await verify(await edge(script), limits);
    expect(found, script).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(found), script).toMatch(typeof why === 'string' ? new RegExp(why) : why);
  }
  const tagged = await verify(await edge(copy, `${host}/team/shell:1`));
  expect(JSON.stringify(tagged)).toContain(`name it by its digest, which is @${image?.manifest.digest} now`);
  const elsewhere = await verify(await edge(copy, `10.0.0.1/team/shell@${image?.manifest.digest}`));
  expect(JSON.stringify(elsewhere)).toContain('not one of the public internet');
  const nowhere = await verify(await edge(copy, `no-registry.invalid/team/shell@${image?.manifest.digest}`));
  expect(JSON.stringify(nowhere)).toContain('no-registry.invalid/team/shell');
  expect(await processesWith('busybox')).toEqual([]);
});

test.skipIf(!canRun)('a container ends with its worker, and another worker begins it again', async () => {
  const { edge, verify, start } = await scene();
  const first = await start();
  const wait = 'busybox sleep 98765';
  const verifying = verify(await edge(`test -e /tmp/never || ${wait} & busybox sleep 8; ${copy}`));
  await expect.poll(() => processesWith('98765').then(({ length }) => length)).toBeGreaterThan(0);
  await stop(first);
  await expect.poll(() => processesWith('98765')).toEqual([]);
  await start();
  expect(await verifying).toMatchObject({ status: 'passed' });
});
