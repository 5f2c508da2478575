import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGranaryClient } from '@granary/client';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { makeKey, permissions } from '@granary/domain';
import { afterAll, expect, test } from 'vitest';
import { type RunningProgram, startProgram } from './start-program.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as } = await createTestOrganization(owner, 'quickstart');
const folder = await mkdtemp(path.join(tmpdir(), 'granary-quickstart-'));
const places = { GRANARY_DATA_DIR: path.join(folder, 'data'), GRANARY_WORK_DIR: path.join(folder, 'work') };

const running: RunningProgram[] = [];
afterAll(async () => {
  await Promise.all(running.map((program) => program.stop()));
  await rm(folder, { recursive: true });
});
async function start(...program: Parameters<typeof startProgram>) {
  const started = await startProgram(...program);
  running.push(started);
  return started.ready;
}

const listening = await start(
  import.meta.resolve('@granary/api'),
  {
    ...places,
    GRANARY_API_PORT: '0',
    GRANARY_API_DATABASE_URL: database.url('granary_api'),
    GRANARY_IDENTITY_DATABASE_URL: database.url('granary_identity'),
  },
  'listening',
);
await start(
  import.meta.resolve('@granary/worker'),
  { ...places, GRANARY_WORKER_DATABASE_URL: database.url('granary_worker') },
  'ready',
);
const url = String(listening.url);

async function keyOf({ tenantId, userId }: { tenantId: string; userId: string }): Promise<string> {
  const id = randomUUID();
  const { text, secretHash } = makeKey(id);
  await owner.query(
    `insert into api_keys (tenant_id, id, user_id, name, secret_hash, scopes) values ($1, $2, $3, 'test', $4, $5)`,
    [tenantId, id, userId, secretHash, permissions],
  );
  return text;
}

test('the quickstart loads a messy file, shows what became of each line, and shares it', async () => {
  const env = { PATH: process.env.PATH, GRANARY_API_URL: url, GRANARY_API_KEY: await keyOf(as.editor) };
  const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
  expect(stdout).toMatch(/^I am editor@/);
  expect(stdout).toContain('6 rows loaded, 2 quarantined');
  expect(stdout).toContain("patient_id: '00042'");
  expect(stdout).toMatch(/shared: read\n$/);

  const colleague = createGranaryClient({ url, auth: { apiKey: await keyOf(as.colleague) } });
  const { items } = await colleague.datasets.list();
  expect(items.map(({ origin, rows }) => [origin, rows])).toEqual([['the quickstart', 6]]);
});
