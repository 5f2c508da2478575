import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describePrivileges, describeTypes, privilegesFile, typesFile } from './codegen.ts';
import { createTestDatabase } from './testing/index.ts';

const database = await createTestDatabase();
const types = await readFile(typesFile, 'utf8');

test('types.gen.ts is what the migrations produce (else: granary db types, or vitest run codegen -u)', async () => {
  await expect(await describeTypes(database.url('postgres'))).toMatchFileSnapshot(typesFile);
});

test('privileges.gen.ts is what the migrations grant (else: granary db types, or vitest run codegen -u)', async () => {
  await expect(await describePrivileges(database.url('postgres'))).toMatchFileSnapshot(privilegesFile);
});

test('a column that the file does not know is drift', async () => {
  await database.pool('postgres').query('alter table public.users add column drifted int');
  expect(await describeTypes(database.url('postgres'))).not.toBe(types);
});

test('a grant that the file does not know is drift', async () => {
  await database.pool('postgres').query('grant delete on public.users to granary_worker');
  expect(await describePrivileges(database.url('postgres'))).not.toBe(await readFile(privilegesFile, 'utf8'));
});
