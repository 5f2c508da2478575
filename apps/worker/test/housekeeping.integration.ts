import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { claimObject } from '@granary/domain';
import { createFileObjectStore } from '@granary/object-store';
import { afterAll, describe, expect, test } from 'vitest';
import { keepHouse } from '../src/housekeeping/keep-house.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const api = createDatabase(database.pool('granary_api'), { prepared: true });
const { as, tenantId } = await createTestOrganization(owner, 'ours');
const folder = await mkdtemp(path.join(tmpdir(), 'granary-housekeeping-'));
afterAll(() => rm(folder, { recursive: true }));
const store = createFileObjectStore(folder);
const worker = createDatabase(database.pool('granary_worker'), { prepared: true });
const keep = () =>
  keepHouse({
    database: worker,
    store,
    graceHours: 24,
    auditDays: null,
    captureDays: null,
    intakeDays: 90,
    orphans: false,
    log: () => {},
    signal: new AbortController().signal,
  });

async function put(content = randomUUID()) {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = path.join(folder, sha256);
  await writeFile(file, content);
  await claimObject(api, as.editor, { sha256, bytes: content.length });
  await store.putFile({ tenantId, sha256 }, file);
  return { tenantId, sha256, content };
}
const aDayPasses = ({ sha256 }: { readonly sha256: string }) =>
  owner.query(`update stored_objects set unreferenced_since = now() - interval '25 hours' where sha256 = $1`, [sha256]);
const notes = async () => (await owner.query('select sha256 from doomed_objects')).rows.map(({ sha256 }) => sha256);

// the server notices a moment later that a process is gone, and until then its locks stand
const untilLocksAreGone = { interval: 50 };

async function killed(at: 'before' | 'after') {
  const script = path.join(import.meta.dirname, 'killed-collector.ts');
  const child = spawn(process.execPath, [script, database.url('granary_worker'), folder, at], { stdio: 'inherit' });
  await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
}

describe.each(['before', 'after'] as const)('a worker killed %s it removed an object', (at) => {
  test('has said so, and another one finishes it', async () => {
    const object = await put();
    await aDayPasses(object);
    await killed(at);
    expect(await notes()).toEqual([object.sha256]);
    await expect
      .poll(async () => ((await keep()) ? [await store.stat(object), await notes()] : 'not yet'), untilLocksAreGone)
      .toEqual([null, []]);
  });

  test('takes nothing from whoever uploads the same bytes afterwards', async () => {
    const object = await put();
    await aDayPasses(object);
    await killed(at);
    await put(object.content);
    await expect.poll(keep, untilLocksAreGone).toBe(true);
    expect(await store.stat(object)).toEqual({ bytes: object.content.length });
  });
});

test('one worker keeps house at a time', async () => {
  const other = await owner.connect();
  try {
    await other.query(`select pg_advisory_lock(hashtextextended('granary housekeeping', 0))`);
    expect(await keep()).toBe(false);
    await other.query(`select pg_advisory_unlock_all()`);
    expect(await keep()).toBe(true);
  } finally {
    other.release();
  }
});
