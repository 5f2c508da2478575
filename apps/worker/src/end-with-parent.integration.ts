import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import type { WriteRequest } from './writing/protocol.ts';

const entry = fileURLToPath(new URL('./writing/child/main.ts', import.meta.url));

test('a process that waits at a pipe for rows ends with the worker, though nobody opens the pipe any more', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-orphan-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const fifo = path.join(folder, 'rows.fifo');
  await promisify(execFile)('mkfifo', [fifo]);
  const child = fork(entry, { execArgv: [], env: {} });
  onTestFinished(() => void child.kill('SIGKILL'));
  const request: WriteRequest = {
    type: 'write',
    id: 1,
    fifo,
    skip: 0,
    columns: [],
    workDirectory: folder,
    format: 'csv',
    csv: { header: 'none', escapeFormulas: false, delimiter: ',', nulls: '' },
    target: path.join(folder, 'rows.csv'),
  };
  child.send(request);
  await expect.poll(() => existsSync(request.target)).toBe(true); // opened just before the pipe
  const ended = once(child, 'exit');
  child.disconnect();
  expect(await ended).toEqual([null, 'SIGKILL']);
});
