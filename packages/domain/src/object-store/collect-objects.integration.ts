import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization, recordStoredObject } from '@granary/db/testing';
import { beforeEach, expect, test } from 'vitest';
import { executeAction } from '../actions/execute-action.ts';
import { createDataset } from '../datasets/create-dataset.ts';
import { deleteDataset } from '../datasets/delete-dataset.ts';
import { dependenciesOf } from '../isolation/populate.ts';
import { publishVersion } from '../testing/publish-version.ts';
import { beginUpload } from '../uploads/begin-upload.ts';
import { finishUpload } from '../uploads/finish-upload.ts';
import { claimObject } from './claim-object.ts';
import { collectObjects, planCollection } from './collect-objects.ts';
import type { ObjectKey, ObjectStore } from './object-store.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const dependencies = dependenciesOf(testDatabase);
const worker = createDatabase(testDatabase.pool('granary_worker'), { prepared: true });
const { as, tenantId } = await createTestOrganization(owner, 'ours');

/** Objects in memory, which yields at every step as a store elsewhere does. Bytes are of no account here. */
const objects = new Map<string, Date>();
const nameOf = (key: ObjectKey) => `${key.tenantId}/${key.sha256}`;
let failingDelete = false;
const store: ObjectStore = {
  putFile: async (key) => void objects.set(nameOf(key), new Date()),
  stat: async (key) => (objects.has(nameOf(key)) ? { bytes: 1 } : null),
  read: async () => Readable.from([]),
  asFile: async () => ({ path: '', release: async () => {} }),
  async delete(key) {
    await new Promise(setImmediate);
    objects.delete(nameOf(key));
    if (failingDelete) throw new Error('killed here');
  },
  async *list() {
    for (const [name, modifiedAt] of objects) {
      const [tenant = '', sha256 = ''] = name.split('/');
      yield { tenantId: tenant, sha256, bytes: 1, modifiedAt };
    }
  },
};
const has = (sha256: string) => objects.has(`${tenantId}/${sha256}`);
const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const collect = (graceHours: number, orphans = false) => collectObjects(worker, store, { graceHours, orphans });

/** As the API does: claim, put unless it is there, finish. */
async function upload(sha256: string): Promise<string> {
  const begun = await executeAction(dependencies, beginUpload, as.editor, { fileName: 'f.csv', bytes: 1 });
  const { id } = beginUpload.output.parse(begun);
  const claim = await claimObject(dependencies.database, as.editor, { sha256, bytes: 1 });
  if (!(await store.stat({ tenantId, sha256 }))) await store.putFile({ tenantId, sha256 }, '');
  await finishUpload(dependencies.database, as.editor, id, sha256, claim);
  return id;
}
const makeDataset = async (uploadId: string): Promise<string> =>
  createDataset.output.parse(
    await executeAction(dependencies, createDataset, as.editor, { name: randomUUID(), uploadId }),
  ).dataset.id;
const age = () =>
  owner.query(`update stored_objects set unreferenced_since = unreferenced_since - interval '25 hours'`);

beforeEach(async () => {
  failingDelete = false;
});

test('what a version was loaded from stays; once the dataset is deleted it goes, after the grace period', async () => {
  const sha256 = digestOf(randomUUID());
  const datasetId = await makeDataset(await upload(sha256));
  await owner.query(`update uploads set finished_at = now() - interval '25 hours'`);
  expect((await collect(24)).expiredUploads).toBe(1);
  await age();
  await collect(24);
  expect(has(sha256)).toBe(true);
  await executeAction(dependencies, deleteDataset, as.editor, { datasetId });
  await collect(24);
  expect(has(sha256)).toBe(true);
  await age();
  expect((await collect(24)).removed).toEqual([{ tenantId, sha256, bytes: 1 }]);
  expect(has(sha256)).toBe(false);
});

test('a finished upload that nobody loads keeps its bytes for the grace period, and its quota no longer', async () => {
  const sha256 = digestOf(randomUUID());
  const id = await upload(sha256);
  const used = async () => Number((await owner.query('select app.storage_used($1) as used', [tenantId])).rows[0].used);
  const before = await used();
  expect((await collect(24)).expiredUploads).toBe(0);
  await owner.query(`update uploads set finished_at = now() - interval '25 hours' where id = $1`, [id]);
  await collect(24);
  expect(await used()).toBe(before - 1);
  expect(has(sha256)).toBe(true);
  await expect(makeDataset(id)).rejects.toMatchObject({ kind: 'not_found' });
  await age();
  await collect(24);
  expect(has(sha256)).toBe(false);
});

test('a plan names what would go, and nothing goes', async () => {
  const sha256 = digestOf(randomUUID());
  await store.putFile({ tenantId, sha256 }, '');
  const plan = await planCollection(worker, store, { graceHours: 0, orphans: true });
  expect(plan).toMatchObject({ orphans: 1, removed: [{ sha256 }] });
  expect(has(sha256)).toBe(true);
  expect((await collect(0, true)).removed).toEqual(plan.removed);
  expect(has(sha256)).toBe(false);
});

test('an object that the database knows nothing of has its grace period from when it was put', async () => {
  const [young, old] = [digestOf(randomUUID()), digestOf(randomUUID())];
  objects.set(`${tenantId}/${young}`, new Date());
  objects.set(`${tenantId}/${old}`, new Date(Date.now() - 25 * 3_600_000));
  expect(await collect(24, true)).toMatchObject({ orphans: 2, removed: [{ sha256: old }] });
  expect([has(young), has(old)]).toEqual([true, false]);
});

test('the file of an export stays until the export lets it go', async () => {
  const sha256 = digestOf(randomUUID());
  await store.putFile({ tenantId, sha256 }, '');
  await recordStoredObject(owner, tenantId, sha256, 1);
  const created = await executeAction(dependencies, createDataset, as.editor, { name: randomUUID() });
  const { id: datasetId } = createDataset.output.parse(created).dataset;
  const { versionId } = await publishVersion(owner, { ...as.editor, datasetId }, { columns: [], rows: [] });
  await owner.query(
    `insert into dataset_exports (tenant_id, dataset_id, version_id, format, request, sha256, created_by)
     values ($1, $2, $3, 'csv', '{}', $4, $5)`,
    [tenantId, datasetId, versionId, sha256, as.editor.userId],
  );
  await collect(24, true);
  await age();
  await collect(24, true);
  expect(has(sha256)).toBe(true);
  await owner.query('update dataset_exports set sha256 = null');
  await collect(24, true);
  await age();
  await collect(24, true);
  expect(has(sha256)).toBe(false);
});

test('a collector that dies after it removed the object leaves a note, with which the next one goes on', async () => {
  const sha256 = digestOf(randomUUID());
  await claimObject(dependencies.database, as.editor, { sha256, bytes: 1 });
  await store.putFile({ tenantId, sha256 }, '');
  failingDelete = true;
  await expect(collect(0)).rejects.toThrow('killed here');
  failingDelete = false;
  const uploadId = await upload(sha256); // puts it anew, and takes the note away
  await collect(0.5);
  expect(has(sha256)).toBe(true);
  await makeDataset(uploadId);
});

test('an object that cannot be removed is not in the way of the others', async () => {
  const stuck = digestOf(randomUUID());
  await claimObject(dependencies.database, as.editor, { sha256: stuck, bytes: 1 });
  await store.putFile({ tenantId, sha256: stuck }, '');
  failingDelete = true;
  await expect(collect(0)).rejects.toThrow('killed here');
  const later = digestOf(randomUUID());
  await claimObject(dependencies.database, as.editor, { sha256: later, bytes: 1 });
  const deleted: string[] = [];
  const picky: ObjectStore = {
    ...store,
    async delete({ sha256 }) {
      if (sha256 === stuck) throw new Error('stuck');
      deleted.push(sha256);
    },
  };
  for (const _ of [1, 2])
    await expect(collectObjects(worker, picky, { graceHours: 0, orphans: false })).rejects.toThrow('stuck');
  expect(deleted).toEqual([later]);
  failingDelete = false;
  await collect(0);
  expect(has(stuck)).toBe(false);
});

test('a claim that took longer than the grace period is refused, also when another one has been made since', async () => {
  const sha256 = digestOf(randomUUID());
  const begun = await executeAction(dependencies, beginUpload, as.editor, { fileName: 'f.csv', bytes: 1 });
  const { id } = beginUpload.output.parse(begun);
  const late = await claimObject(dependencies.database, as.editor, { sha256, bytes: 1 });
  await collect(0);
  await claimObject(dependencies.database, as.editor, { sha256, bytes: 1 });
  await expect(finishUpload(dependencies.database, as.editor, id, sha256, late)).rejects.toMatchObject({
    kind: 'conflict',
  });
});

test('whatever happens at once, nothing that a version refers to is removed', async () => {
  const digests = Array.from({ length: 3 }, () => digestOf(randomUUID()));
  let collecting = true;
  let removed = 0;
  const collectors = [0, 1].map(async () => {
    while (collecting) removed += (await collect(0)).removed.length; // no grace: every pause is a chance to lose something
  });
  const outcomes: string[] = [];
  const uploader = async (seed: number) => {
    for (let round = 0; round < 25; round += 1) {
      const sha256 = digests[(seed + round) % digests.length] ?? '';
      try {
        const datasetId = await makeDataset(await upload(sha256));
        expect(has(sha256), 'referred to and not there').toBe(true);
        await executeAction(dependencies, deleteDataset, as.editor, { datasetId });
        outcomes.push('done');
      } catch (error) {
        // refused, which is what one may be; lost, or a deadlock, is not
        if (!(error instanceof Error) || !('kind' in error)) throw error;
        outcomes.push(String(error.kind));
      }
    }
  };
  try {
    await Promise.all([0, 1, 2].map(uploader));
  } finally {
    collecting = false;
  }
  await Promise.all(collectors);
  expect(removed).toBeGreaterThan(0);
  expect(outcomes).toContain('done');
  expect(outcomes.filter((each) => !['done', 'conflict', 'not_found'].includes(each))).toEqual([]);
});
