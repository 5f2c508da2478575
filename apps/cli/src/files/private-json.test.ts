import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { readPrivateJson, writePrivateJson } from './private-json.ts';

const schema = z.object({ key: z.string() });

test('it can be read by its owner alone, also when it replaces a file that all could read', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'new/keys.json');
  await writePrivateJson(file, { key: 'first' });
  await writeFile(file, '{}', { mode: 0o644 });
  await writePrivateJson(file, { key: 'second' });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readPrivateJson(file, schema)).toEqual({ key: 'second' });
  expect(await readdir(path.dirname(file))).toEqual(['keys.json']);
});

test.each([
  ['missing', undefined],
  ['torn', '{"key":'],
  ['of another form', '{"token":"x"}'],
])('a file that is %s is as if there were none', async (_, content) => {
  const file = path.join(await temporaryFolder(), 'keys.json');
  if (content !== undefined) await writeFile(file, content);
  expect(await readPrivateJson(file, schema)).toBeUndefined();
});
