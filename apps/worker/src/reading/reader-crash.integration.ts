import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OpenFile, openFile } from './testing/open-file.ts';

/** Too much for the pipes between the processes, so that a copy is always in its middle when we look. */
const rows = 400_000;
const csv = `id,name\n${Array.from({ length: rows }, (_, index) => `${index},name of row ${index}`).join('\n')}\n`;

let file: OpenFile;
beforeEach(async () => {
  file = await openFile('large.csv', csv);
});
afterEach(() => file[Symbol.asyncDispose]());

/** The processes that read files for this one. */
function readingProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
        return (
          Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reading/child/main')
        );
      } catch {
        return false; // it ended while we looked
      }
    });
}

/** Starts a copy and resolves when its first bytes have come; nothing reads on. */
async function startCopy() {
  const { stream, done } = file.reader.copyCsv(['id', 'name']);
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once('readable', () => resolve());
  await promise;
  return { stream, done };
}

test('a process that is killed in mid-copy ends the stream with an error, never as if it were whole', async () => {
  const { stream, done } = await startCopy();
  const [pid] = readingProcesses();
  process.kill(pid!, 'SIGKILL');
  await expect(text(stream)).rejects.toMatchObject({ kind: 'crashed' });
  await expect(done).rejects.toMatchObject({ kind: 'crashed', message: expect.stringContaining('SIGKILL') });
  expect(readingProcesses()).toEqual([]);
});

test('a failure of DuckDB in mid-copy ends the stream with an error', async () => {
  // the original changes after it was inspected: its second half is no longer what it was
  const original = path.join(path.dirname(file.workDirectory), 'large.csv');
  const bytes = await readFile(original);
  await writeFile(original, bytes.fill('"', bytes.length >> 1));
  const { stream, done } = file.reader.copyCsv(['id', 'name']);
  let received = 0;
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  await expect(finished(stream)).rejects.toMatchObject({ kind: 'crashed' });
  await expect(done).rejects.toMatchObject({ kind: 'crashed' });
  expect(received).toBeGreaterThan(0);
});

test('rows that are missing at the end are noticed', async () => {
  const original = path.join(path.dirname(file.workDirectory), 'large.csv');
  const bytes = await readFile(original);
  await writeFile(original, bytes.subarray(0, bytes.lastIndexOf('\n', bytes.length - 100) + 1));
  const { stream, done } = file.reader.copyCsv(['id']);
  await expect(text(stream)).rejects.toMatchObject({ kind: 'crashed' });
  await expect(done).rejects.toMatchObject({ message: expect.stringContaining(`${rows} were to be loaded`) });
});

test('a reader of the stream that gives up ends the copy and its process', async () => {
  const { stream, done } = await startCopy();
  stream.destroy(new Error('Postgres refused'));
  await expect(done).rejects.toThrow();
  expect(readingProcesses()).toEqual([]);
});

test('an unknown column fails the copy before DuckDB opens the pipe, without a hang', async () => {
  const { stream, done } = file.reader.copyCsv(['id', 'nothing']);
  await expect(text(stream)).rejects.toMatchObject({ kind: 'crashed' });
  await expect(done).rejects.toMatchObject({ kind: 'crashed' });
});

test('closing in mid-copy ends everything, and may be done twice', async () => {
  const { stream, done } = await startCopy();
  await Promise.all([file.reader.close(), file.reader.close()]);
  await expect(text(stream)).rejects.toThrow();
  await expect(done).rejects.toThrow();
  expect(readingProcesses()).toEqual([]);
});

test('an abort ends inspection and copy with its own reason', async () => {
  const reason = new Error('the worker is shutting down');
  const early = new AbortController();
  const opening = openFile('large.csv', csv, { signal: early.signal });
  early.abort(reason);
  await expect(opening).rejects.toBe(reason);

  const late = new AbortController();
  await using other = await openFile('large.csv', csv, { signal: late.signal });
  const { stream, done } = other.reader.copyCsv(['id']);
  late.abort(reason);
  await expect(done).rejects.toBe(reason);
  await expect(text(stream)).rejects.toBe(reason);
});

test('the process ends when the worker is killed', async () => {
  const original = path.join(path.dirname(file.workDirectory), 'large.csv');
  const holder = fork(
    fileURLToPath(new URL('./testing/hold-copy.ts', import.meta.url)),
    [original, file.workDirectory],
    { stdio: 'pipe' },
  );
  const [output] = await once(holder.stdout!, 'data');
  const pid = Number(String(output));
  expect(isRunning(pid)).toBe(true);
  holder.kill('SIGKILL');
  await expect.poll(() => isRunning(pid)).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reading/child/main');
  } catch {
    return false;
  }
}

test('the process has no environment', () => {
  const [pid] = readingProcesses();
  const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => line.split('=')[0]);
  expect(names.filter((name) => !name!.startsWith('NODE_'))).toEqual([]);
});
