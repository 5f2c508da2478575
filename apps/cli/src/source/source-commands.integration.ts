import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { fixtureFolder } from '@granary/marketplaces/testing';
import { expect, test } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();
const page = path.join(fixtureFolder, 'google-workspace/2026-11-01/ledger_for_sheets.html');

/** An API with a worker; the commands of an operator, and of somebody who has a key. */
async function serve() {
  const { port, url, env: given } = await startSettings(database);
  const env = { ...given, GRANARY_MASTER_KEY: randomBytes(32).toString('base64') };
  await startCli(['start', '--port', port], env).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const made = await runCli(['admin', 'bootstrap', ...person, '--json'], env);
  const keyed = { ...env, GRANARY_API_URL: url, GRANARY_API_KEY: JSON.parse(made.stdout).apiKey };
  const granary = (...args: string[]) => runCli(['source', ...args], keyed);
  const json = async (...args: string[]) => {
    const run = await granary(...args, '--json');
    expect(run, run.stderr).toMatchObject({ code: 0 });
    return JSON.parse(run.stdout);
  };
  return { granary, json };
}

test('a source is made, pages are imported into it and read again, and its health is shown', async () => {
  const commands = await serve();
  await follow(commands, ['--public']); // an operator's, for everybody
  await follow(commands, []); // an organization's own
});

async function follow({ granary, json }: Awaited<ReturnType<typeof serve>>, mode: readonly string[]): Promise<void> {
  const on = (...args: string[]) => json(...args, ...mode);
  expect((await granary('list', ...mode)).stdout).toBe('nothing\n');
  const made = await on('create', 'google-workspace', 'Apps', '--keep-days', '30');
  expect(made).toMatchObject({ name: 'Apps', crawls: false, keepCapturesDays: 30 });
  expect((await granary('list', ...mode)).stdout).toMatch(/^\S+ +Apps +google-workspace +imports$/m);
  const imported = await on('import', 'apps', page, '--at', '2026-11-01');
  expect(imported).toMatchObject({ state: 'succeeded', trigger: 'import', plugins: 1, failed: 0 });
  const [capture] = await on('captures', 'list', 'Apps');
  expect(capture).toMatchObject({ origin: 'import', status: 200, fetchedAt: '2026-11-01T00:00:00Z' });
  expect((await granary('captures', 'list', made.id, ...mode)).stdout).toMatch(
    new RegExp(`^${capture.id} +2026-11-01T00:00:00Z +import +200 +[\\d,]+ +https://`, 'm'),
  );
  const saved = path.join(tmpdir(), `capture-${made.id}.html`);
  await on('captures', 'download', 'Apps', capture.id, '-o', saved);
  expect(await readFile(saved)).toEqual(await readFile(page));
  expect((await granary('captures', 'download', 'Apps', capture.id, ...mode)).stdout).toBe(
    await readFile(page, 'utf8'),
  );
  expect(await granary('captures', 'download', 'Apps', made.id, ...mode)).toMatchObject({ code: 1 });
  expect((await granary('captures', 'download', 'Apps', 'x', ...mode)).code).not.toBe(0);
  expect(await on('reparse', made.id, '--dry-run')).toMatchObject({ dryRun: true, plugins: 1, pluginsChanged: 0 });
  expect(await granary('changes', 'Apps', ...mode)).toMatchObject({ code: 0, stdout: 'nothing\n' });
  expect((await granary('reparse', 'Apps', ...mode)).stdout).toMatch(/^fields +.*\bname 1 of 1, /m);
  expect((await granary('health', 'Apps', ...mode)).stdout).toMatch(/^name +1 +100 % +embedded 1$/m);
  expect((await granary('runs', 'Apps', ...mode)).stdout).toMatch(/^\S+ +reparse \(dry\) +succeeded /m);

  const nonsense = path.join(tmpdir(), `nonsense-${made.id}.html`);
  await writeFile(nonsense, '<h1>Nothing here</h1>');
  expect(await granary('import', 'Apps', nonsense, ...mode)).toMatchObject({ code: 1 });

  const scheduled = await granary('update', 'Apps', '--cron', '0 6 * * *', ...mode);
  expect(scheduled, 'it does not crawl').toMatchObject({ code: 1 });
  expect(await on('update', 'Apps', '--rename', 'Add-ons')).toMatchObject({ name: 'Add-ons', revision: 2 });
  expect(await on('pause', 'Add-ons')).toMatchObject({ isPaused: true });
  expect(await on('resume', 'Add-ons')).toMatchObject({ isPaused: false });
  expect(await granary('run', 'Add-ons', ...mode)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('pages are imported into it'),
  });
  expect(await granary('create', 'generic', 'Site', '--settings', 'x', ...mode)).toMatchObject({ code: 2 });
  expect((await granary('create', 'generic', 'Site', '--settings', '{}', ...mode)).stderr).toContain('urls');
  expect(await granary('show', 'nothing', ...mode)).toMatchObject({ code: 1 });
  await on('delete', 'Add-ons');
  expect(await on('list')).toEqual([]);
}
