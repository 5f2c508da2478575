import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeTypes, typesFile } from './codegen.ts';
import { createTestDatabase } from './testing/index.ts';

const database = await createTestDatabase();
const generated = await readFile(typesFile, 'utf8');

test('types.gen.ts is what the migrations produce (else: granary db types, or vitest run codegen -u)', async () => {
  await expect(await describeTypes(database.url('postgres'))).toMatchFileSnapshot(typesFile);
});

test('a column that the file does not know is drift', async () => {
  await database.pool('postgres').query('alter table public.users add column drifted int');
  expect(await describeTypes(database.url('postgres'))).not.toBe(generated);
});
