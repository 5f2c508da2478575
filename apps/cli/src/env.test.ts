import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readEnvironment, repository } from './env.ts';

test('what .env.example says of the command line is so', async () => {
  const example = await readFile(path.join(repository, '.env.example'), 'utf8');
  const [, section = ''] = example.split(/^# --- Command line -+$/m);
  const documented = Object.fromEntries(
    [...section.matchAll(/^#(GRANARY_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  expect(Object.keys(documented)).toEqual(['GRANARY_HOME', 'GRANARY_API_URL', 'GRANARY_API_KEY', 'GRANARY_DEBUG']);
  const { apiUrl, ...settings } = readEnvironment(documented);
  expect(settings).toEqual(readEnvironment({}));
  expect(apiUrl).toBe('http://127.0.0.1:4780');
});

test('a setting that is empty is not set', () => {
  expect(readEnvironment({ DATABASE_URL: '', GRANARY_HOME: '', GRANARY_DEBUG: '' })).toEqual(readEnvironment({}));
  expect(readEnvironment({}).home).toBe(path.join(repository, '.granary'));
});
