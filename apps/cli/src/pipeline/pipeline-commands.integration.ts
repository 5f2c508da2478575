import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createGranaryClient, type GranaryClient } from '@granary/client';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { startInstallation } from '../testing/installation.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

async function serve() {
  const { url, apiKey, cli, json: printed } = await startInstallation(await createTestDatabase());
  const pipeline = (...args: string[]) => cli('pipeline', ...args);
  const json = (...args: string[]) => printed('pipeline', ...args);
  return { pipeline, json, granary: cli, client: createGranaryClient({ url, auth: { apiKey } }) };
}

/** The file of a pipeline that keeps the ids above a parameter; `sql` of its edge. */
async function describePipeline(client: GranaryClient, name: string, sql: string) {
  const file = new TextEncoder().encode('id,word\n1,a\n2,b\n3,c\n');
  const { dataset, versionId } = await client.datasets.upload(file, { name: `${name} in`, fileName: 'rows.csv' });
  await client.datasets.loaded({ datasetId: dataset.id, versionId });
  const output = await client.datasets.create({ name: `${name} out` });
  const id = { name: 'id', type: 'bigint' } as const;
  const { id: edgeId } = await client.edges.create({
    name,
    inputs: [
      { name: 'rows', columns: [id] },
      { name: 'parameters', columns: [{ name: 'above', type: 'double precision' }] },
    ],
    outputs: [{ name: 'out', columns: [id] }],
    implementation: { kind: 'sql', sql },
  });
  const inputs = { rows: { rows: [{ id: 5 }] }, parameters: { rows: [{ above: 1 }] } };
  const { id: asked } = await client.edges.verify({ edgeId, version: 1, inputs });
  const status = async () => (await client.edges.verifications({ edgeId })).find((each) => each.id === asked)?.status;
  await expect.poll(status).toBe('passed');
  const described = path.join(await temporaryFolder(), 'pipeline.json');
  const steps = [
    { name: 'only', edgeId, inputs: { rows: { datasetId: dataset.id } }, output: { datasetId: output.dataset.id } },
  ];
  await writeFile(described, JSON.stringify({ steps, parameters: [{ name: 'above', type: 'number', default: 1 }] }));
  return { described, outputId: output.dataset.id };
}

test('an edge is verified over a dataset or a file, and a pipeline made of names', async () => {
  const { pipeline, granary, client } = await serve();
  const rows = new TextEncoder().encode('id,word\n1,a\n2,b\n3,c\n');
  const { dataset, versionId } = await client.datasets.upload(rows, { name: 'words', fileName: 'rows.csv' });
  await client.datasets.loaded({ datasetId: dataset.id, versionId });
  const folder = await temporaryFolder();
  const file = async (name: string, content: object) => {
    await writeFile(path.join(folder, name), JSON.stringify(content));
    return path.join(folder, name);
  };
  const id = { name: 'id', type: 'bigint' };
  const ports = { inputs: [{ name: 'rows', columns: [id] }], outputs: [{ name: 'out', columns: [id] }] };
  const implementation = { kind: 'sql', sql: 'select id from rows' };
  await granary('edge', 'create', await file('edge.json', { name: 'copy', ...ports, implementation }));

  const bare = await granary('edge', 'verify', 'copy');
  expect(bare).toMatchObject({ code: 1, stderr: expect.stringContaining('say what the input rows is filled with') });
  expect((await granary('edge', 'verify', 'copy', '--input', 'rows')).code).toBe(2);
  const checks = { inputs: { rows: { rows: [{ id: 1 }] } }, expectations: { rows: [{ output: 'out', min: 2 }] } };
  const failed = await granary('edge', 'verify', 'copy', '--file', await file('checks.json', checks), '--wait');
  expect(failed).toMatchObject({ code: 1, stdout: expect.stringMatching(/FAILED rows: 2 to .*\nfailed\n$/) });
  const passed = await granary('edge', 'verify', 'copy', '--input', 'rows=words', '--sample', '2', '--wait');
  expect(passed, passed.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/input rows: 2 rows .*passed\n$/s),
  });

  expect((await granary('dataset', 'create', 'copied')).stdout).toMatch(/^\S+ {2}copied\n$/);
  const step = { name: 'only', edge: 'copy', inputs: { rows: { dataset: 'words' } }, output: { dataset: 'copied' } };
  const missing = await file('missing.json', { steps: [{ ...step, edge: 'nothing' }] });
  expect(await pipeline('create', 'Named', '--file', missing)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no edge "nothing"'),
  });
  const made = await pipeline('create', 'Named', '--file', await file('steps.json', { steps: [step] }));
  expect(made, made.stderr).toMatchObject({ code: 0 });
  expect((await pipeline('run', 'Named', '--follow')).stdout).toMatch(/^only +succeeded +1 +3 *$/m);
});

test('a pipeline is made, run, followed, watched, scheduled; what goes wrong is said', async () => {
  const { pipeline, json, client } = await serve();
  expect((await pipeline('list')).stdout).toBe('nothing\n');
  const above = await describePipeline(client, 'above', 'select r.id from rows r, parameters p where r.id > p.above');
  const made = await json('create', 'Above', '--file', above.described);
  expect(await pipeline('create', 'Above', '--file', above.described)).toMatchObject({ code: 1 });
  expect((await pipeline('list')).stdout).toMatch(/^\S+ +v1 +Above$/m);

  const followed = await pipeline('run', 'Above', '--follow', '--launch-key', 'monday', '--parameter', 'above=2');
  expect(followed, followed.stderr).toMatchObject({ code: 0 });
  expect(followed.stderr).toMatch(/ {2}info {2}only {2}input rows: 3 rows of version 1$/m);
  expect(followed.stderr).toMatch(/^the run is succeeded$/m);
  expect(followed.stdout).toMatch(/^\S+ {2}succeeded$/m);
  expect(followed.stdout).toMatch(/^only +succeeded +1 +1 *$/m);
  expect((await client.datasets.rows({ datasetId: above.outputId, order: [] })).rows).toEqual([[3]]);

  const again = await json('run', made.id, '--launch-key', 'monday', '--parameter', 'above=2');
  expect(again).toMatchObject({ state: 'succeeded', isNew: false });
  const other = await pipeline('run', 'Above', '--launch-key', 'monday', '--parameter', 'above=1');
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('used for another run') });
  const lines = (await pipeline('watch', again.id, '--json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.slice(0, -1).map(({ type, number }) => [type, number])).toEqual(
    lines.slice(1).map((_, n) => ['log', n + 1]),
  );
  expect(lines.at(-1)).toMatchObject({ state: 'succeeded', steps: [{ rows: 1 }] });
  const logs = (await pipeline('logs', again.id, '--after', '2', '--json')).stdout.trim().split('\n');
  expect(logs).toHaveLength(lines.length - 3);
  expect((await pipeline('logs', again.id, '--after', 'x')).code).toBe(2);
  expect((await pipeline('runs', 'Above')).stdout).toMatch(new RegExp(`^${again.id} +succeeded +manual `, 'm'));
  expect(await json('show', 'Above')).toMatchObject({ statistics: { timesRun: 1, succeeded: 1 } });
  expect((await pipeline('show', again.id, '--run')).stdout).toMatch(/^only +succeeded/m);

  expect(await pipeline('run', 'Above', '--parameter', 'above=x')).toMatchObject({ code: 1 });
  expect(await pipeline('run', 'Above', '--parameter', 'above')).toMatchObject({ code: 2 });
  expect(await pipeline('run', 'nowhere')).toMatchObject({ code: 1, stderr: expect.stringContaining('no pipeline') });
  expect(await pipeline('watch', crypto.randomUUID())).toMatchObject({ code: 1, stderr: 'granary: no such run\n' });
  expect(await pipeline('cancel', again.id)).toMatchObject({ code: 1, stderr: expect.stringContaining('has ended') });

  expect((await json('schedule', 'Above', '0 6 * * 1-5', '--time-zone', 'Europe/Berlin')).schedule).toMatchObject({
    cron: '0 6 * * 1-5',
    timeZone: 'Europe/Berlin',
  });
  expect((await pipeline('schedule', 'Above', '--off')).stdout).toBe('next run: never by itself\n');
  expect(await pipeline('schedule', 'Above')).toMatchObject({ code: 2 });
  expect(await pipeline('schedule', 'Above', 'often')).toMatchObject({ code: 1 });

  const broken = await describePipeline(
    client,
    'broken',
    `select cast(case when r.id = 2 then 'x' else '1' end as bigint) as id from rows r`,
  );
  await json('create', 'Broken', '--file', broken.described);
  const failed = await pipeline('run', 'Broken', '--follow');
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/granary: the run failed: /) });
  const [run] = await json('runs', 'Broken');
  expect(await json('resume', run.id)).toMatchObject({ state: 'running', resumes: 1 });
  expect(await pipeline('watch', run.id)).toMatchObject({ code: 1 });
});
