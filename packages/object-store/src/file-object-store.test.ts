import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { createFileObjectStore } from './file-object-store.ts';
import { exists, landFile } from './testing/landed-file.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, rename: vi.fn(real.rename) };
});

const home = await mkdtemp(path.join(tmpdir(), 'granary-objects-'));
const root = path.join(home, 'deep', 'objects');
const store = createFileObjectStore(root);
const tenantId = randomUUID();
beforeEach(() => rm(root, { recursive: true, force: true }));
afterAll(() => rm(home, { recursive: true }));

const landed = () => landFile(home, tenantId);

test('a file is taken over under its tenant and digest, for this account alone', async () => {
  const { file, bytes, key } = await landed();
  await store.putFile(key, file);
  const target = path.join(root, tenantId, key.sha256.slice(0, 2), key.sha256);
  expect(await readFile(target)).toEqual(bytes);
  expect(await exists(file)).toBe(false);
  expect(await store.stat(key)).toEqual({ bytes: 1000 });
  expect((await stat(target)).mode & 0o777).toBe(0o600);
  for (const folder of [root, path.join(root, tenantId), path.dirname(target)])
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test('across devices the file is copied beside its place first, and nothing is left behind', async () => {
  const { file, bytes, key } = await landed();
  vi.mocked(rename).mockRejectedValueOnce(Object.assign(new Error('EXDEV'), { code: 'EXDEV' }));
  await store.putFile(key, file);
  expect(await buffer(await store.read(key))).toEqual(bytes);
  expect(await exists(file)).toBe(false);
  expect(await readdir(path.join(root, 'incoming'))).toEqual([]);
});

test('a move that fails leaves the source and no object', async () => {
  const { file, key } = await landed();
  vi.mocked(rename).mockRejectedValueOnce(Object.assign(new Error('EIO'), { code: 'EIO' }));
  await expect(store.putFile(key, file)).rejects.toThrow('EIO');
  expect(await store.stat(key)).toBeNull();
  expect(await exists(file)).toBe(true);
});

test('a name that is no key makes no folder', async () => {
  const { file } = await landed();
  const key = { tenantId: '../../etc', sha256: 'a'.repeat(64) };
  await expect(store.putFile(key, file)).rejects.toMatchObject({ kind: 'invalid' });
  expect(await exists(root)).toBe(false);
});
