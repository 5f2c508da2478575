import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { startCli } from '../testing/cli-process.ts';
import { startSettings } from '../testing/home.ts';
import { runCli } from '../testing/run-cli.ts';

const database = await createTestDatabase();

test('a key learns what it may do and why; a permission that is none is refused with those that are', async () => {
  const { port, url, env: settings } = await startSettings(database);
  await startCli(['start', '--port', port], settings).written(/Ctrl-C stops everything/);
  const person = ['--email', 'ada@example.org', '--name', 'Ada', '--organization', 'Org'];
  const made = await runCli(['admin', 'bootstrap', ...person, '--json'], settings);
  const env = { ...settings, GRANARY_API_URL: url, GRANARY_API_KEY: JSON.parse(made.stdout).apiKey };

  const told = await runCli(['access', 'explain', 'dataset:read'], env);
  expect(told, told.stderr).toMatchObject({ code: 0 });
  expect(told.stdout).toMatch(/^allowed: dataset:read comes with owner\n.*\nowner +yes/);
  const json = await runCli(['access', 'explain', 'dataset:read', '--dataset', crypto.randomUUID(), '--json'], env);
  expect(JSON.parse(json.stdout)).toMatchObject({ allowed: false, reason: 'no_access_to_dataset', shares: [] });
  const wrong = await runCli(['access', 'explain', 'dataset:burn'], env);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('dataset:admin') });
});
