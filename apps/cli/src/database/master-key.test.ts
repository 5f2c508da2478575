import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ensureMasterKey } from './master-key.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'granary-master-key-'));
afterAll(() => rm(folder, { recursive: true }));
const home = () => mkdtemp(path.join(folder, 'home-'));

test('it is made once, also by two at the same time, and only its owner may read it', async () => {
  const directory = await home();
  const [one, two] = await Promise.all([ensureMasterKey(directory), ensureMasterKey(directory)]);
  expect(one).toBe(two);
  expect(await ensureMasterKey(directory)).toBe(one);
  expect(Buffer.from(one, 'base64')).toHaveLength(32);
  expect((await stat(path.join(directory, 'master-key'))).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(['master-key']);
});

test('it is not made again in the place of one that was spoilt', async () => {
  for (const text of ['', 'too short']) {
    const directory = await home();
    await writeFile(path.join(directory, 'master-key'), text);
    await expect(ensureMasterKey(directory)).rejects.toThrow('holds no master key');
  }
});
