import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { databaseEnvironment } from './settings.ts';

test('every setting is in .env.example with its default', async () => {
  const example = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
  const documented = Object.fromEntries(
    [...example.matchAll(/^#(GRANARY_DB_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value || undefined]),
  );
  expect(Object.keys(documented).sort()).toEqual(Object.keys(databaseEnvironment.in.shape).sort());
  expect(databaseEnvironment.parse(documented)).toEqual(databaseEnvironment.parse({}));
});

test('numbers come as text, and other variables are not ours to judge', () => {
  const settings = databaseEnvironment.parse({
    GRANARY_DB_POOL_SIZE: '25',
    GRANARY_DB_TLS: 'verify-full',
    PATH: '/bin',
  });
  expect(settings).toMatchObject({ poolSize: 25, tls: 'verify-full' });
});

test.for([
  ['GRANARY_DB_POOL_SIZE', '0'],
  ['GRANARY_DB_POOL_SIZE', 'many'],
  ['GRANARY_DB_CONNECT_TIMEOUT_MS', '-1'],
  ['GRANARY_DB_STATEMENT_TIMEOUT_MS', '1.5'],
  ['GRANARY_DB_TLS', 'prefer'],
  ['GRANARY_DB_PREPARED', 'yes'],
  ['GRANARY_DB_APPLICATION_NAME', 'x'.repeat(64)],
] as const)('%s=%s is refused, by name', ([name, value]) => {
  const result = databaseEnvironment.safeParse({ [name]: value });
  expect(result.error?.issues.map(({ path }) => path)).toEqual([[name]]);
});
