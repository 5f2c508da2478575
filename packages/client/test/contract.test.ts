import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createGranaryClient, procedureKinds } from '../src/index.ts';

const generator = fileURLToPath(new URL('../../../scripts/generate-contract.ts', import.meta.url));

test('the contract is what the registry of actions says today', async () => {
  await promisify(execFile)(process.execPath, [generator, '--check']);
});

/** `import` alone is also the name of an action. */
const dependency = /^import\b|\bimport\(|\bfrom\s+['"]|\brequire\(/m;

test('the contract needs nothing but itself', async () => {
  const text = await readFile(new URL('../src/contract.gen.ts', import.meta.url), 'utf8');
  expect(text).not.toMatch(dependency);
  expect("name: import('zod').Infer").toMatch(dependency);
});

test('every operation of the contract is a function of the client', () => {
  const client = createGranaryClient({ url: 'http://granary.invalid', auth: { apiKey: 'gk_1' } });
  const functions = Object.entries(client).flatMap(([group, members]) =>
    Object.keys(members).map((name) => `${group}.${name}`),
  );
  expect(functions).toEqual(expect.arrayContaining(Object.keys(procedureKinds)));
});
