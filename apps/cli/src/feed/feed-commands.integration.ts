import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { storePlugins } from '@granary/domain/testing';
import { expect, test, vi } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');

test('the feed is listed and downloaded, changes are followed; plugins are watched; revenue is estimated otherwise', async () => {
  const folder = await temporaryFolder();
  const ids = await storePlugins(owner, [
    {
      externalId: 'forms',
      users: 1000,
      pricing: 'paid',
      price: { amount: '10', per: 'month' },
      series: { '2026-01-01': 900, '2026-01-02': 1000 },
    },
  ]);
  const { port, url, env } = await startSettings(database);
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const made = await runCli(['admin', 'bootstrap', ...person, '--json'], env);
  const keyed = { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: JSON.parse(made.stdout).apiKey };
  const granary = (...args: string[]) => runCli(args, keyed);

  // the worker made them when it started, unless other transactions of the server held it back
  await vi.waitFor(
    async () => {
      const { stdout } = await granary('feed', 'list');
      expect(stdout).toMatch(/^2026-01-02 +1 +/m);
      expect(stdout).toMatch(/^2026-01-01 +1 +/m);
    },
    { timeout: 300_000, interval: 1000 },
  );
  const manifest = JSON.parse((await granary('feed', 'manifest', '2026-01-01')).stdout);
  const target = path.join(folder, 'day.parquet');
  expect(await granary('feed', 'get', '2026-01-01', '-o', target)).toMatchObject({ code: 0 });
  const file = await readFile(target);
  expect(manifest.files).toContainEqual({
    name: 'snapshots.parquet',
    bytes: file.length,
    sha256: createHash('sha256').update(file).digest('hex'),
  });
  expect((await granary('feed', 'get', '2026-01-01', '--format', 'csv')).stdout).toContain(',forms,');
  expect(await granary('feed', 'get', '2025-01-01')).toMatchObject({ code: 1 });
  expect(await granary('feed', 'manifest', 'yesterday')).toMatchObject({ code: 1 });

  const changes = (...args: string[]) =>
    granary('feed', 'changes', ...args).then(({ stdout }) =>
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  const all = await changes();
  expect(all).toMatchObject([{ day: '2026-01-01' }, { day: '2026-01-02' }, { cursor: expect.any(String) }]);
  const [first, { cursor }] = await changes('--limit', '1');
  expect(first).toEqual(all[0]);
  expect(await changes('--since', cursor)).toEqual([all[1], all[2]]);

  expect((await granary('watch', 'list')).stdout).toBe('nothing\n');
  await granary('watch', 'create', 'Rivals', '--users-percent', '5');
  expect((await granary('watch', 'add', 'rivals', 'market/forms')).stdout).toBe('watched\n');
  expect((await granary('watch', 'list')).stdout).toMatch(/ Rivals +1 +5 %$/m);
  expect((await granary('watch', 'show', 'Rivals')).stdout).toMatch(/market\/forms +available +1,000 installs$/m);
  expect(await granary('watch', 'remove', 'Rivals', ids.forms ?? '')).toMatchObject({ code: 0 });
  expect(await granary('watch', 'remove', 'Rivals', ids.forms ?? '')).toMatchObject({ code: 1 });
  expect((await granary('watch', 'delete', 'Rivals')).stdout).toBe('deleted\n');
  expect(await granary('watch', 'show', 'Rivals')).toMatchObject({ code: 1 });

  expect((await granary('revenue', 'show')).stdout).toMatch(/^version 1\n[\s\S]*"churnMonths": 6/);
  const other = path.join(folder, 'model.json');
  await writeFile(other, JSON.stringify({ churnMonths: 12 }));
  expect((await granary('revenue', 'set', other)).stdout).toBe('revenue is estimated by version 2\n');
  expect((await granary('plugin', 'show', 'market/forms')).stdout).toContain('$600 to $1,200 a year');
  expect((await granary('revenue', 'show', '1')).stdout).toMatch(/^version 1, of [\s\S]*"churnMonths": 6/);
  expect((await granary('revenue', 'versions')).stdout).toMatch(/^ +2 +\S+ +current\n +1 +\S+$/m);
  expect(JSON.parse((await granary('revenue', 'show', '1', '--json')).stdout)).toMatchObject({ isCurrent: false });
  expect(await granary('revenue', 'show', '9')).toMatchObject({ code: 1 });
  await writeFile(other, JSON.stringify({ upperConversion: 0.5 }));
  expect(await granary('revenue', 'set', other)).toMatchObject({ code: 1 });
});
