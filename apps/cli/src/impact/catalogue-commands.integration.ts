import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { startInstallation } from '../testing/installation.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

const database = await createTestDatabase();

test('blocks, edges, categories and impact at the command line', async () => {
  const { cli, json } = await startInstallation(database);
  expect((await cli('block', 'list')).stdout).toBe('nothing\n');
  const block = await json('block', 'create', 'model \u001b[2J', '--description', 'd');
  expect((await cli('block', 'list')).stdout).toContain('model \\u001b[2J');
  expect(await json('block', 'alias', block.id, 'production', '1')).toMatchObject({ revision: 2 });
  expect(await cli('block', 'delete', block.id)).toMatchObject({ code: 1, stderr: expect.stringContaining('aliases') });
  expect(await cli('block', 'show', 'nobody')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no block'),
  });

  const folder = await temporaryFolder();
  const file = path.join(folder, 'edge.json');
  const ports = [{ name: 'p', columns: [{ name: 'a', type: 'text' }] }];
  await writeFile(
    file,
    JSON.stringify({
      name: 'copy',
      inputs: ports,
      outputs: ports,
      implementation: { kind: 'sql', sql: 'select a from p' },
    }),
  );
  const edge = await json('edge', 'create', file);
  expect((await cli('edge', 'show', 'copy')).stdout).toMatch(/verification +none/);
  expect(await cli('edge', 'verify', 'copy')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('filled with'),
  });
  await writeFile(file, '{');
  expect(await cli('edge', 'create', file)).toMatchObject({ code: 1, stderr: expect.stringContaining('no JSON') });
  expect(await json('edge', 'list')).toEqual([edge]);

  expect((await cli('dependency', 'list', 'edge', 'copy')).stdout).toBe('nothing\n');
  const on = await json('dependency', 'add', 'edge', 'copy', 'block', block.id, '--detail', 'weights\u001b[2J');
  expect(on).toMatchObject({
    targetKind: 'block',
    targetId: block.id,
    targetName: 'model \u001b[2J',
    origin: 'entered',
  });
  await json('dependency', 'add', 'block', block.id, 'package', 'pkg:pypi/Scikit_learn@1.5.0');
  expect(await json('dependency', 'list', 'block', block.id)).toMatchObject([{ ref: 'pkg:pypi/scikit-learn@1.5.0' }]);
  expect((await cli('dependency', 'list', 'edge', 'copy')).stdout).toContain('model \\u001b[2J');
  expect((await cli('impact', 'block', block.id)).stdout).toContain('→ depends on → copy');
  expect((await cli('impact', 'package', 'pkg:pypi/scikit-learn')).stdout).toContain('→ depends on → copy');
  expect((await cli('dependency', 'add', 'edge', 'copy', 'block', block.id)).stderr).toContain('already');
  expect((await cli('dependency', 'add', 'edge', 'copy', 'edge', 'copy')).stderr).toContain('itself');
  expect((await cli('dependency', 'add', 'edge', 'copy', 'doi', 'x')).stderr).toContain('DOI');
  expect(await cli('dependency', 'add', 'edge', 'copy', 'planet', 'x')).toMatchObject({ code: 2 });
  expect(await cli('dependency', 'list', 'dataset', 'copy')).toMatchObject({ code: 2 });
  expect((await cli('dependency', 'found', 'copy')).stdout).toBe('nothing\n');
  expect((await cli('dependency', 'remove', on.id)).stdout).toBe('removed\n');
  expect(await cli('dependency', 'remove', on.id)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no such'),
  });

  const top = await json('taxonomy', 'add', 'animals');
  await json('taxonomy', 'add', 'birds', '--below', top.id);
  expect((await cli('taxonomy', 'show')).stdout).toBe('animals\n  birds\n');
  const vocabulary = path.join(folder, 'tree.ttl');
  await writeFile(vocabulary, (await cli('taxonomy', 'export')).stdout);
  expect((await cli('taxonomy', 'import', vocabulary)).stdout).toBe('0 made, 0 changed\n');

  for (const [format, ending] of [
    ['json-ld', 'jsonld'],
    ['rdf-xml', 'rdf'],
  ] as const) {
    const other = path.join(folder, `tree.${ending}`);
    await writeFile(other, (await cli('taxonomy', 'export', '--format', format)).stdout);
    expect((await cli('taxonomy', 'import', other)).stdout).toBe('0 made, 0 changed\n');
  }
  await writeFile(vocabulary, JSON.stringify({ '@context': 'https://context.example/skos.json' }));
  expect(await cli('taxonomy', 'import', vocabulary, '--format', 'json-ld')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not fetched from elsewhere'),
  });
  expect(await cli('taxonomy', 'export', '--format', 'csv')).toMatchObject({ code: 2 });

  expect((await cli('impact', 'block', block.id)).stdout).toBe('nothing\n');
  expect(await json('impact', 'package', 'pkg:npm/left-pad')).toMatchObject({ items: [], isComplete: true });
  expect(await cli('impact', 'package', 'left-pad')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('package URL'),
  });
  expect(await cli('impact', 'planet', 'x')).toMatchObject({ code: 2 });
  expect(await cli('impact', 'block', block.id, '--rename', 'x')).toMatchObject({ code: 2 });
  expect(await cli('impact', 'block', block.id, '--retype', 'a=planet')).toMatchObject({ code: 2 });
  expect(await cli('impact', 'block', block.id, '--most', '0')).toMatchObject({ code: 2 });
  const retyped = ['--port', 'p', '--retype', 'a=bigint', '--add', 'b=text', '--most', '5', '--deepest', '2'];
  expect(await json('impact', 'edge', 'copy', ...retyped)).toMatchObject({ misfits: [], isComplete: true });
  expect(await cli('impact', 'edge', 'copy', '--port', 'p', '--retype', 'nobody=bigint')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no column nobody'),
  });
});
