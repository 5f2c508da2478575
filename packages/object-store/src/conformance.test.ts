import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ListedObject } from '@granary/domain';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createFileObjectStore } from './file-object-store.ts';
import { openObjectStore } from './open-object-store.ts';
import { objectStoreEnvironment } from './settings.ts';
import { exists, landFile } from './testing/landed-file.ts';
import { startS3Server } from './testing/s3-server.ts';

const home = await mkdtemp(path.join(tmpdir(), 'granary-stores-'));
const folders = { dataDirectory: path.join(home, 'objects'), workDirectory: home };
const server = await startS3Server();
const s3 = (prefix: string) =>
  openObjectStore(objectStoreEnvironment.parse({ ...server.environment, GRANARY_S3_PREFIX: prefix }), folders);
afterAll(async () => {
  await server.close();
  await rm(home, { recursive: true });
});

const stores = [
  { name: 'files', store: createFileObjectStore(folders.dataDirectory) },
  { name: 'S3', store: await s3('') },
  { name: 'S3 below a prefix', store: await s3('/granary/eu-1/') },
];

/** What every adapter of the port has to do. */
describe.each(stores)('a store in $name', ({ store }) => {
  const tenantId = randomUUID();
  const land = (bytes?: Buffer) => landFile(home, tenantId, bytes);
  const listed = async (tenant?: string) => {
    const found: ListedObject[] = [];
    for await (const each of store.list(tenant)) found.push(each);
    return found;
  };

  test('takes a file over, and gives its bytes back', async () => {
    const { file, bytes, key } = await land();
    await store.putFile(key, file);
    expect(await exists(file)).toBe(false);
    expect(await store.stat(key)).toEqual({ bytes: 1000 });
    expect(await buffer(await store.read(key))).toEqual(bytes);
  });

  test('takes no bytes at all, and many', async () => {
    for (const size of [0, 1, 20 * 1024 ** 2 + 7]) {
      const { file, bytes, key } = await land(randomBytes(size));
      await store.putFile(key, file);
      expect(await store.stat(key)).toEqual({ bytes: size });
      expect(Buffer.compare(await buffer(await store.read(key)), bytes)).toBe(0);
      const lent = await store.asFile(key);
      expect(Buffer.compare(await readFile(lent.path), bytes)).toBe(0);
      await lent.release();
    }
  });

  test('changes nothing when the same is put again, also when its source is gone', async () => {
    const { file, bytes, key } = await land();
    await store.putFile(key, file);
    await store.putFile(key, file);
    const again = await land(bytes);
    await store.putFile(key, again.file);
    expect(await exists(again.file)).toBe(false);
    expect(await buffer(await store.read(key))).toEqual(bytes);
  });

  test('takes the same from several at once', async () => {
    const bytes = randomBytes(300_000);
    const files = await Promise.all(Array.from({ length: 4 }, () => land(bytes)));
    await Promise.all(files.map(({ key, file }) => store.putFile(key, file)));
    expect(await buffer(await store.read(files[0]!.key))).toEqual(bytes);
  });

  test('keeps the source, and has nothing, when there is nothing to be put', async () => {
    const { key } = await land();
    await expect(store.putFile(key, path.join(home, 'absent'))).rejects.toThrow();
    expect(await store.stat(key)).toBeNull();
  });

  test('reads every range with both its ends', async () => {
    const { file, bytes, key } = await land(randomBytes(200));
    await store.putFile(key, file);
    const range = fc.tuple(fc.nat(199), fc.nat(199)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));
    await fc.assert(
      fc.asyncProperty(range, async ({ start, end }) => {
        expect(await buffer(await store.read(key, { start, end }))).toEqual(bytes.subarray(start, end + 1));
      }),
      { numRuns: 20 },
    );
  });

  test('says null, not found, or has nothing to delete where there is no object', async () => {
    const { file, key } = await land();
    expect(await store.stat(key)).toBeNull();
    await expect(store.read(key)).rejects.toMatchObject({ kind: 'not_found' });
    await expect(store.read(key, { start: 0, end: 1 })).rejects.toMatchObject({ kind: 'not_found' });
    await expect(store.asFile(key)).rejects.toMatchObject({ kind: 'not_found' });
    await store.delete(key);

    await store.putFile(key, file);
    await store.delete(key);
    expect(await store.stat(key)).toBeNull();
  });

  test('lends a file with the bytes of the digest', async () => {
    const { file, key } = await land();
    await store.putFile(key, file);
    const lent = await store.asFile(key);
    const digest = createHash('sha256').update(await readFile(lent.path));
    expect(digest.digest('hex')).toBe(key.sha256);
    await lent.release();
  });

  test('does not show another tenant what lies under the same digest', async () => {
    const { file, key } = await land();
    await store.putFile(key, file);
    const other = { ...key, tenantId: randomUUID() };
    expect(await store.stat(other)).toBeNull();
    await store.delete(other);
    expect(await store.stat(key)).toEqual({ bytes: 1000 });
  });

  test('lists what is there, of all tenants or of one', async () => {
    const [mine, others] = [await land(), await landFile(home, randomUUID())];
    for (const { key, file } of [mine, others]) await store.putFile(key, file);
    const ofOne = await listed(others.key.tenantId);
    expect(ofOne).toEqual([{ ...others.key, bytes: 1000, modifiedAt: expect.any(Date) }]);
    expect(Math.abs(Date.now() - ofOne[0]!.modifiedAt.getTime())).toBeLessThan(3_600_000);
    const digests = (await listed()).map(({ sha256 }) => sha256);
    expect(digests).toContain(mine.key.sha256);
    expect(digests).toContain(others.key.sha256);
    expect(await listed(randomUUID())).toEqual([]);
  });

  test('publishes a file under its name, in place of the one before, and counts it among no objects', async () => {
    const name = 'feeds/tries/v1/dt=2026-01-31/rows.csv';
    for (const size of [3000, 1000]) {
      const { file, key } = await land(randomBytes(size));
      await store.publish?.(name, { path: file, sha256: key.sha256 });
      expect(await exists(file)).toBe(false);
      const whole = await store.readPublished?.(name);
      expect(whole?.bytes).toBe(size);
      const hash = createHash('sha256');
      for await (const piece of whole?.content ?? []) hash.update(piece);
      expect(hash.digest('hex')).toBe(key.sha256);
      const part = await store.readPublished?.(name, { start: 10, end: 19 });
      expect(part?.bytes).toBe(size);
      expect(Buffer.concat(await (part?.content ?? Readable.from([])).toArray())).toHaveLength(10);
    }
    const never = store.readPublished?.('feeds/tries/v1/dt=2026-02-01/rows.csv');
    await expect(never).rejects.toMatchObject({ kind: 'not_found' });
    expect((await listed()).map(({ bytes }) => bytes)).not.toContain(3000);
    for (const bad of [
      'feeds/../../etc',
      'feeds/a/v1/dt=2026-01-31/../x.csv',
      'other',
      `${tenantId}/${'a'.repeat(64)}`,
    ]) {
      const { file, key } = await land();
      await expect(store.publish?.(bad, { path: file, sha256: key.sha256 })).rejects.toMatchObject({ kind: 'invalid' });
    }
  });

  test.for([
    ['../../etc', 'a'.repeat(64)],
    [tenantId.toUpperCase().replace(/\d/g, 'A'), 'a'.repeat(64)],
    [`${tenantId}/..`, 'a'.repeat(64)],
    [tenantId, '../../../../etc/passwd'],
    [tenantId, 'A'.repeat(64)],
    [tenantId, `${'a'.repeat(63)}\n`],
    ['', ''],
  ])('refuses the key %j %j before anything is made of it', async ([tenant = '', sha256 = '']) => {
    const key = { tenantId: tenant, sha256 };
    const { file } = await land();
    await expect(store.stat(key)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.putFile(key, file)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.read(key)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.asFile(key)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.delete(key)).rejects.toMatchObject({ kind: 'invalid' });
    expect(await exists(file)).toBe(true);
  });
});
