import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { beginUpload, CatalogueMemory, executeAction } from '@granary/domain';
import { afterAll, expect, test } from 'vitest';
import { LandingStore } from './landing-store.ts';
import { sweepUploads } from './sweep-uploads.ts';

const testDatabase = await createTestDatabase();
const owner = testDatabase.pool('postgres');
const database = createDatabase(testDatabase.pool('granary_api'), { prepared: true });
const { as } = await createTestOrganization(owner, 'ours');
const directory = await mkdtemp(path.join(tmpdir(), 'granary-landing-'));
afterAll(() => rm(directory, { recursive: true }));

test('the bytes of expired uploads go with them, and whatever nobody came back for; open ones stay', async () => {
  const begin = async (): Promise<string> => {
    const actions = { database, catalogue: new CatalogueMemory() };
    const upload = await executeAction(actions, beginUpload, as.editor, { fileName: 'f', bytes: 10 });
    const { id } = beginUpload.output.parse(upload);
    await writeFile(path.join(directory, id), 'half');
    return id;
  };
  const [open, expired, abandoned] = [await begin(), await begin(), '01990000-0000-7000-8000-000000000000'];
  await owner.query(`update uploads set expires_at = now() - interval '1 second' where id = $1`, [expired]);
  await writeFile(path.join(directory, abandoned), 'long ago');
  await utimes(path.join(directory, abandoned), 0, Date.now() / 1000 - 49 * 3600);

  const failures: unknown[] = [];
  await sweepUploads(database, new LandingStore(directory, () => undefined), (error) => failures.push(error)).stop();
  expect(failures).toEqual([]);
  expect(await readdir(directory)).toEqual([open]);
  const { rows } = await owner.query('select id, state from uploads order by id');
  expect(rows).toEqual([
    { id: open, state: 'open' },
    { id: expired, state: 'expired' },
  ]);
});
