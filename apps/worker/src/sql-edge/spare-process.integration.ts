import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { prepareSandboxProcess, type SandboxProcess, takeSandboxProcess } from './spare-process.ts';

async function take(): Promise<SandboxProcess> {
  const child = await takeSandboxProcess();
  onTestFinished(() => child.kill());
  return child;
}

test('a process is prepared once, and serves one sandbox', async () => {
  await Promise.all([prepareSandboxProcess(), prepareSandboxProcess()]);
  const [first, second] = [await take(), await take()];
  expect(first.pid).not.toBe(second.pid);
  await expect(answerOf(first)).resolves.toMatchObject({ type: 'failed', id: 1, message: 'nothing has begun' });
});

test('one that died while it waited is not given to anybody', async () => {
  await prepareSandboxProcess();
  const dead = await take();
  await prepareSandboxProcess();
  process.kill(dead.pid ?? 0, 'SIGKILL');
  await dead.death.catch(() => {});
  const next = await take();
  expect(next.pid).not.toBe(dead.pid);
  await expect(answerOf(next)).resolves.toMatchObject({ type: 'failed' });
});

/** To what cannot be done: the process has been told nothing before. */
async function answerOf(child: SandboxProcess) {
  const { promise, resolve } = Promise.withResolvers<object>();
  child.listen(resolve);
  child.send({ type: 'lock', id: 1 });
  return Promise.race([promise, child.death, sleep(60_000)]);
}
