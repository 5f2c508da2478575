import { createHash, randomUUID } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { createFileObjectStore } from '@granary/object-store';
import { afterAll, expect, test } from 'vitest';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const database = await createTestDatabase();
const { tenantId } = await createTestOrganization(database.pool('postgres'), 'ours');
const data = await temporaryFolder(afterAll);
const store = createFileObjectStore(data);
const gc = (...flags: string[]) =>
  runCli(['store', 'gc', ...flags], { DATABASE_URL: database.url('postgres'), GRANARY_DATA_DIR: data });

async function put(tenant: string, hoursAgo: number) {
  const content = randomUUID();
  const key = { tenantId: tenant, sha256: createHash('sha256').update(content).digest('hex') };
  const file = path.join(await temporaryFolder(), 'file');
  await writeFile(file, content);
  const at = new Date(Date.now() - hoursAgo * 3_600_000);
  await utimes(file, at, at);
  await store.putFile(key, file);
  return key;
}

test('what would go is said before it goes; what is young, and what is of no organization of ours, stays', async () => {
  const old = await put(tenantId, 25);
  const young = await put(tenantId, 1);
  const elsewhere = await put(randomUUID(), 25);
  const expected = { orphans: 2, expiredUploads: 0, removed: [{ ...old, bytes: 36 }], bytes: 36 };

  const plan = await gc('--dry-run', '--json');
  expect(plan.code, plan.stderr).toBe(0);
  expect(JSON.parse(plan.stdout)).toEqual({ dryRun: true, ...expected });
  expect((await gc('--dry-run')).stdout).toBe(
    `${tenantId}/${old.sha256}  36 bytes\n1 object would be removed, 36 bytes\n`,
  );
  expect(await store.stat(old)).not.toBeNull();

  expect(JSON.parse((await gc('--json')).stdout)).toEqual({ dryRun: false, ...expected });
  expect(await store.stat(old)).toBeNull();
  for (const kept of [young, elsewhere]) expect(await store.stat(kept)).not.toBeNull();
  expect((await gc()).stdout).toBe('0 objects removed, 0 bytes\n');
});

test('a grace period of nothing is refused', async () => {
  const env = { DATABASE_URL: database.url('postgres'), GRANARY_ORIGINAL_GRACE_HOURS: '0' };
  const run = await runCli(['store', 'gc'], env);
  expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('GRANARY_ORIGINAL_GRACE_HOURS')]);
});
