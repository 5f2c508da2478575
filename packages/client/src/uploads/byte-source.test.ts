import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSource, type UploadSource } from './byte-source.ts';

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

function streamOf(chunk: number, content = bytes): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= content.length) controller.close();
      else controller.enqueue(content.slice(at, at + chunk));
      at += chunk;
    },
  });
}

async function fileOf(content: Uint8Array): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-client-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'people.csv');
  await writeFile(file, content);
  return file;
}

const sources: Record<string, () => UploadSource | Promise<UploadSource>> = {
  'bytes in memory': () => bytes,
  'a Blob': () => new Blob([bytes]),
  'a File': () => new File([bytes], 'people.csv'),
  'a path': async () => ({ path: await fileOf(bytes) }),
  'a stream in small chunks': () => ({ stream: streamOf(7), size: bytes.length }),
  'a stream in one chunk': () => ({ stream: streamOf(1000), size: bytes.length }),
};

test.each(Object.entries(sources))('%s is read in pieces, and a piece again from its middle', async (_name, make) => {
  const source = await openSource(await make());
  expect(source.size).toBe(1000);
  expect(await source.read(0, 400)).toEqual(bytes.slice(0, 400));
  expect(await source.read(0, 400)).toEqual(bytes.slice(0, 400));
  expect(await source.read(150, 550)).toEqual(bytes.slice(150, 550));
  expect(await source.read(550, 1000)).toEqual(bytes.slice(550, 1000));
  expect(await source.read(900, 1000)).toEqual(bytes.slice(900, 1000));
  await source.close();
});

test('a file has its name', async () => {
  const named = [await openSource(new File([bytes], 'a.csv')), await openSource({ path: await fileOf(bytes) })];
  expect(named.map(({ name }) => name)).toEqual(['a.csv', 'people.csv']);
  await named[1]?.close();
});

test('a stream that ends early, or goes on, is refused: neither is the file that was meant', async () => {
  const short = await openSource({ stream: streamOf(100), size: 1001 });
  await expect(short.read(0, 1001)).rejects.toMatchObject({ kind: 'invalid', message: /ended after 1000 of 1001/ });
  const long = await openSource({ stream: streamOf(100), size: 950 });
  await expect(long.read(0, 950)).rejects.toMatchObject({ kind: 'invalid', message: /went on after 950 of 950/ });
  const longer = await openSource({ stream: streamOf(100), size: 900 });
  await expect(longer.read(0, 900)).rejects.toMatchObject({ kind: 'invalid' });
});

test('a file that is cut while it is read is refused', async () => {
  const file = await fileOf(bytes);
  const source = await openSource({ path: file });
  await truncate(file, 500);
  await expect(source.read(0, 1000)).rejects.toMatchObject({ kind: 'invalid', message: /ended after 500 of 1000/ });
  await source.close();
});

test('a stream cannot be sent again from before what is kept', async () => {
  const source = await openSource({ stream: streamOf(100), size: 1000 });
  await source.read(0, 400);
  await source.read(400, 800);
  await expect(source.read(399, 800)).rejects.toMatchObject({ kind: 'precondition' });
});

test('a path that does not exist is an error that names it', async () => {
  await expect(openSource({ path: '/no/such/file.csv' })).rejects.toMatchObject({
    kind: 'invalid',
    message: '/no/such/file.csv cannot be read',
  });
});
