import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { startInstallation } from '../testing/installation.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const database = await createTestDatabase();

test('what is in the catalogue is changed at the command line: versions, names, places in the tree, repositories', async () => {
  const { cli, out, json } = await startInstallation(database);

  const file = path.join(await temporaryFolder(), 'edge.json');
  const ports = [{ name: 'p', columns: [{ name: 'a', type: 'text' }] }];
  const write = (said: object) => writeFile(file, JSON.stringify(said));
  await write({ name: 'copy', inputs: ports, outputs: ports, implementation: { kind: 'sql', sql: 'select a from p' } });
  await out('edge', 'create', file);
  await write({ implementation: { kind: 'sql', sql: 'select upper(a) as a from p' } });
  expect(await json('edge', 'update', 'copy', file)).toMatchObject({ version: 2 });
  await write({ implementation: { kind: 'prose' } });
  expect(await cli('edge', 'update', 'copy', file)).toMatchObject({ code: 1 });
  await out('edge', 'alias', 'copy', 'production', '1');
  expect(await json('edge', 'rollback', 'copy', '1')).toMatchObject({ version: 1 });
  expect(await json('edge', 'versions', 'copy')).toMatchObject([{ version: 2 }, { version: 1 }]);
  expect(await cli('edge', 'rollback', 'copy', '3')).toMatchObject({ code: 1 });
  expect(await cli('edge', 'delete', 'copy')).toMatchObject({ code: 1, stderr: expect.stringContaining('aliases') });

  await out('block', 'create', 'model');
  expect(await cli('block', 'rollback', 'model', '2')).toMatchObject({ code: 1 });
  expect(await out('block', 'rollback', 'model', '1')).toContain('model');

  for (const name of ['animals', 'birds', 'fowl']) await out('taxonomy', 'add', name);
  await out('taxonomy', 'move', 'birds', '--below', 'animals');
  await out('taxonomy', 'move', 'fowl', '--below', 'birds');
  await out('taxonomy', 'rename', 'fowl', 'hens \u001b[2J');
  expect(await out('taxonomy', 'show')).toBe('animals\n  birds\n    hens \\u001b[2J\n');
  expect(await cli('taxonomy', 'move', 'animals', '--below', 'birds')).toMatchObject({ code: 1 });
  expect(await out('taxonomy', 'put', 'block', 'model', 'birds', 'animals')).toBe('in 2\n');
  expect(await out('taxonomy', 'put', 'edge', 'copy')).toBe('in 0\n');
  expect(await cli('taxonomy', 'put', 'block', 'model', 'fish')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no category "fish"'),
  });
  expect(await cli('taxonomy', 'delete', 'birds')).toMatchObject({ code: 1 });
  await out('taxonomy', 'delete', 'birds', '--to', 'animals');
  const fish = await json('taxonomy', 'add', 'fish');
  await out('taxonomy', 'add', 'fish', '--below', 'animals');
  expect(await cli('taxonomy', 'rename', 'fish', 'seafood')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(fish.id),
  });
  await out('taxonomy', 'merge', fish.id, 'animals');
  expect(await out('taxonomy', 'show')).toBe('animals\n  fish\n  hens \\u001b[2J\n');

  const { id } = await json('repo', 'add', 'block', 'model', 'https://git.invalid/model.git');
  expect(await out('repo', 'remove', id)).toBe('removed\n');
  expect(await out('repo', 'list')).toBe('nothing\n');
});
