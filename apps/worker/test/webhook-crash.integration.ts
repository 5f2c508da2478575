import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { createOutbound } from '@granary/outbound';
import { expect, onTestFinished, test } from 'vitest';
import { startDelivering } from '../src/webhooks/start-delivering.ts';
import { createWebhookScene, isSigned, receive } from './webhook-harness.ts';

const database = await createTestDatabase();
const scene = createWebhookScene(database);
const script = path.join(import.meta.dirname, 'killed-deliverer.ts');

test('a worker that is killed while it delivers loses nothing: another one delivers, under the same id', async () => {
  let kill: (() => void) | undefined;
  const { url, port, got } = await receive((_, response) => (kill ? kill() : response.end()));
  const { secret, happens, delivery } = await scene.organization('killed', url);
  await happens(); // committed, and nobody delivers yet
  const allow = `127.0.0.1:${port}`;
  const args = [script, database.url('granary_worker'), scene.masterKey, allow];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  kill = () => child.kill('SIGKILL');
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  kill = undefined;
  expect(got).toHaveLength(1);
  await delivery({ state: 'pending', attempts: 1, isSettled: false });

  const outbound = createOutbound({ userAgent: 'GranaryTest/1.0', allow: [allow] });
  const { workerDatabase, masterKeys } = scene;
  const delivering = startDelivering({
    database: workerDatabase,
    masterKeys,
    outbound,
    log: () => {},
    limits: { pauseMs: 20 },
  });
  onTestFinished(() => delivering.stop());
  const delivered = await delivery({ state: 'delivered', attempts: 2 });
  expect(got.map(({ id }) => id)).toEqual([delivered.id, delivered.id]);
  expect(got.map((each) => isSigned(secret, each))).toEqual([true, true]);
  expect(got[1]!.body).toBe(got[0]!.body);
  // of the attempt that nobody lived to tell of there is no result
  expect(delivered.log).toMatchObject([{ number: 2, status: 200 }]);
});
