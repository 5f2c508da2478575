import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { startS3Server } from '@granary/object-store/testing';
import { afterAll, expect, test } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const s3 = await startS3Server();
afterAll(() => s3.close());

const objects = async () =>
  (await readdir(s3.directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\/[0-9a-f-]{36}$/.test(entry.parentPath))
    .map(({ name }) => name.slice(0, 64));

const people = 'id;name\n1;Ann\n2;Bea\n';

test('with originals in S3 a dataset goes all its way: load, rows, original, export, delete, collect', async () => {
  const { port, url, env: settings } = await startSettings(database);
  const env = { ...settings, ...s3.environment };
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const { apiKey } = JSON.parse((await runCli(['admin', 'bootstrap', ...person, '--json'], env)).stdout);
  const ok = async (args: string[], piped?: string) => {
    const run = await runCli(args, { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: apiKey }, piped);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    return run.stdout;
  };

  const { datasetId } = JSON.parse(await ok(['dataset', 'load', '-', '--name', 'people', '--json'], people));
  expect(await ok(['dataset', 'rows', 'people', '--json'])).toBe('{"id":1,"name":"Ann"}\n{"id":2,"name":"Bea"}\n');
  const original = await fetch(`${url}/v1/datasets/${datasetId}/original?redirect=true`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  expect(new URL(original.url).origin).toBe(s3.environment.GRANARY_S3_ENDPOINT);
  expect(await original.text()).toBe(people);
  const parquet = path.join(await temporaryFolder(), 'people.parquet');
  await ok(['dataset', 'export', 'people', '--format', 'parquet', '-o', parquet]);
  expect((await readFile(parquet)).subarray(0, 4).toString()).toBe('PAR1');
  expect(new Set(await objects()).size).toBe(2);

  const collect = async () => JSON.parse(await ok(['store', 'gc', '--json']));
  const hoursPass = () =>
    owner.query(`update stored_objects set unreferenced_since = unreferenced_since - interval '25 hours'`);
  await owner.query(`update uploads set finished_at = now() - interval '25 hours'`);
  await collect();
  await hoursPass();
  expect((await collect()).removed).toEqual([]); // the version and the export refer to them
  await ok(['dataset', 'delete', 'people', '--yes']);
  await collect();
  expect(new Set(await objects()).size).toBe(2);
  await hoursPass();
  expect((await collect()).removed).toHaveLength(2);
  expect(await objects()).toEqual([]);
});
