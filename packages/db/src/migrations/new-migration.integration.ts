import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newMigration } from './new-migration.ts';
import { readMigrations } from './read-migrations.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'granary-new-migration-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('a new migration is named by the time in UTC and by what it does', async () => {
  const file = await newMigration(directory, 'Add data-sharing', new Date('2026-11-21T09:02:03.456+01:00'));
  expect(path.basename(file)).toBe('20261121080203_add_data_sharing.sql');
  expect(await readFile(file, 'utf8')).toBe('-- add data sharing: why it is needed.\n\n');
});

test('it comes after the last one, even if that was made by a clock that is ahead', async () => {
  await writeFile(path.join(directory, '20991231235959_future.sql'), 'select 1');
  await newMigration(directory, 'one');
  await newMigration(directory, 'two');
  expect((await readMigrations(directory)).map(({ version, name }) => [version, name])).toEqual([
    ['20991231235959', 'future'],
    ['21000101000000', 'one'],
    ['21000101000001', 'two'],
  ]);
});

test.for(['', '  ', '../escape', 'drop;table', 'ünïcode', '1st'])('the name %j is refused', async (name) => {
  await expect(newMigration(directory, name)).rejects.toThrow("a migration's name has letters");
});
