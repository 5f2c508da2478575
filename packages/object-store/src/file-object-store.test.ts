import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { createFileObjectStore } from './file-object-store.ts';

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

async function landed(bytes = randomBytes(1000)) {
  const file = path.join(home, randomUUID());
  await writeFile(file, bytes);
  return { file, bytes, key: { tenantId, sha256: createHash('sha256').update(bytes).digest('hex') } };
}
const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

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

test('putting the same again changes nothing, also when its source is gone', async () => {
  const { file, bytes, key } = await landed();
  await store.putFile(key, file);
  await store.putFile(key, file);
  const again = await landed(bytes);
  await store.putFile(key, again.file);
  expect(await exists(again.file)).toBe(false);
  expect(await buffer(await store.read(key))).toEqual(bytes);
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

test('a range is read with both ends', async () => {
  const { file, bytes, key } = await landed();
  await store.putFile(key, file);
  expect(await buffer(await store.read(key, { start: 10, end: 19 }))).toEqual(bytes.subarray(10, 20));
});

test('what is not there is null, not found, or nothing to delete', async () => {
  const { file, key } = await landed();
  expect(await store.stat(key)).toBeNull();
  await expect(store.read(key)).rejects.toMatchObject({ kind: 'not_found' });
  await expect(store.asFile(key)).rejects.toMatchObject({ kind: 'not_found' });
  await store.delete(key);

  await store.putFile(key, file);
  const lent = await store.asFile(key);
  expect(
    createHash('sha256')
      .update(await readFile(lent.path))
      .digest('hex'),
  ).toBe(key.sha256);
  await lent.release();
  await store.delete(key);
  expect(await store.stat(key)).toBeNull();
});

test('another tenant does not find it under the same digest', async () => {
  const { file, key } = await landed();
  await store.putFile(key, file);
  expect(await store.stat({ ...key, tenantId: randomUUID() })).toBeNull();
});

test.for([
  ['../../etc', 'a'.repeat(64)],
  [tenantId.toUpperCase(), 'a'.repeat(64)],
  [`${tenantId}/..`, 'a'.repeat(64)],
  [tenantId, '../../../../etc/passwd'],
  [tenantId, 'A'.repeat(64)],
  [tenantId, `${'a'.repeat(63)}\n`],
  ['', ''],
])('the key %j %j is refused before any path is made of it', async ([tenant = '', sha256 = '']) => {
  const key = { tenantId: tenant, sha256 };
  const { file } = await landed();
  await expect(store.stat(key)).rejects.toMatchObject({ kind: 'invalid' });
  await expect(store.putFile(key, file)).rejects.toMatchObject({ kind: 'invalid' });
  await expect(store.read(key)).rejects.toMatchObject({ kind: 'invalid' });
  await expect(store.delete(key)).rejects.toMatchObject({ kind: 'invalid' });
  expect(await exists(file)).toBe(true);
  expect(await exists(root)).toBe(false);
});
