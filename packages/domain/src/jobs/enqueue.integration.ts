import { asUser } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { uuidv7 } from '../ids/uuidv7.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { jobs, systemJobs } from './contracts.ts';
import { enqueue } from './enqueue.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const { database } = dependenciesOf(testDatabase);
const { tenantId, as } = await createTestOrganization(owner, 'ours');
const other = await createTestOrganization(owner, 'theirs');
const input = { datasetId: uuidv7(), versionId: uuidv7() };
const queued = async () =>
  (await owner.query('select data from jobs.job order by created_on')).rows.map(({ data }) => data);

test('every contract has its queue, and every queue its contract', async () => {
  const { rows } = await owner.query<{ name: string }>(
    `select name from jobs.queue where name <> 'dead' order by name`,
  );
  expect(rows.map(({ name }) => name)).toEqual([...Object.keys(jobs), ...Object.keys(systemJobs)].sort());
});

test('a rolled-back change leaves no job; a committed one has its job, on behalf of its user', async () => {
  const change = (fails: boolean) =>
    asUser(database, as.editor, null, async (db) => {
      await enqueue(db, tenantId, 'dataset.load', input);
      if (fails) throw new Error('business rule');
    });
  await expect(change(true)).rejects.toThrow('business rule');
  expect(await queued()).toEqual([]);
  await change(false);
  expect(await queued()).toEqual([{ tenantId, userId: as.editor.userId, input }]);
});

test('nobody enqueues for another organization, or without a contract', async () => {
  const foreign = asUser(database, as.editor, null, (db) => enqueue(db, other.tenantId, 'dataset.load', input));
  await expect(foreign).rejects.toThrow('may not enqueue');
  const bad = asUser(database, as.editor, null, (db) =>
    enqueue(db, tenantId, 'dataset.load', { ...input, versionId: 'no uuid' }),
  );
  await expect(bad).rejects.toThrow('Invalid UUID');
  // @ts-expect-error a job that no contract describes
  const unknown = asUser(database, as.editor, null, (db) => enqueue(db, tenantId, 'dataset.typo', input));
  await expect(unknown).rejects.toThrow();
});
