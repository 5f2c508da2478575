import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization, hasPooler, startPooler } from '@granary/db/testing';
import { executeAsOperator, MasterKeys, operatorActions, operatorServices } from '@granary/domain';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { makeTestKey } from '../testing/make-key.ts';
import { startApiProcess } from '../testing/start-api-process.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as, tenantId } = await createTestOrganization(owner, 'ours');
const { text: key } = await makeTestKey(owner, as.editor);
const dataDirectory = await mkdtemp(path.join(tmpdir(), 'granary-flags-'));
afterAll(() => rm(dataDirectory, { recursive: true }));

const services = operatorServices(createDatabase(owner, { prepared: false }), {
  masterKeys: MasterKeys.none,
  membership: undefined,
});
const operator = { operator: 'ada@laptop' };
const codename = 'FF_ENABLE_REGISTRATION';
const answer = z.array(z.object({ codename: z.string(), value: z.boolean(), reason: z.string() }));

async function registrationAt(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/v1/flags/${headers.authorization ? 'evaluated' : 'public'}`, { headers });
  expect(response.status).toBe(200);
  return answer.parse(await response.json()).find((each) => each.codename === codename);
}

test('a toggle by an operator reaches every process, also one behind a pooler in transaction mode', async () => {
  const direct = await startApiProcess(database, dataDirectory);
  const processes = [direct.url];
  if (hasPooler()) {
    const pooler = await startPooler(database, { mode: 'transaction', connections: 2 });
    onTestFinished(() => pooler.stop());
    const pooled = await startApiProcess(database, dataDirectory, {
      GRANARY_API_DATABASE_URL: pooler.url('granary_api'),
      GRANARY_IDENTITY_DATABASE_URL: pooler.url('granary_identity'),
    });
    processes.push(pooled.url);
  }
  for (const active of [true, false, true]) {
    await executeAsOperator(services, operator, operatorActions.setFlag, { codename, active });
    for (const url of processes)
      await vi.waitFor(async () => expect(await registrationAt(url)).toMatchObject({ value: active }), {
        timeout: 300_000,
      });
  }
  await executeAsOperator(services, operator, operatorActions.targetFlag, {
    codename,
    organizationId: tenantId,
    on: false,
  });
  for (const url of processes)
    await vi.waitFor(
      async () =>
        expect(await registrationAt(url, { authorization: `Bearer ${key}` })).toMatchObject({
          value: false,
          reason: 'TARGETING_MATCH',
        }),
      { timeout: 300_000 },
    );
  expect(await registrationAt(direct.url)).toMatchObject({ value: true, reason: 'DEFAULT' });
  for (const path of ['/v1/flags', '/v1/flags/evaluated']) expect((await fetch(direct.url + path)).status).toBe(401);
});
