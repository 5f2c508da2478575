import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createPackedProject, filesOf } from './packed-project.ts';

const project = await createPackedProject();
afterAll(() => project.remove());

const inNode = ['--noEmit', '--module', 'nodenext', '--types', 'node'];
const nodeLibrary = ['--lib', 'es2024,esnext.disposable'];
const inBrowser = ['--noEmit', '--module', 'esnext', '--moduleResolution', 'bundler', '--types', ''];
const browserLibrary = ['--lib', 'es2022,dom,dom.iterable'];
const bothLibraries = ['--lib', 'es2024,dom,dom.iterable,dom.asynciterable,esnext.disposable'];

test('the packed client compiles in Node’s way, with every declaration checked, and refuses what is wrong', async () => {
  const { complaints } = await project.compile(...inNode, ...nodeLibrary, 'types.ts', 'main.ts');
  expect(complaints).toEqual([]);
});

test('the packed client compiles for a browser, without any types but its own', async () => {
  const { complaints, files } = await project.compile(...inBrowser, ...browserLibrary, 'types.ts');
  expect(complaints).toEqual([]);
  const declarations = files.filter((file) => !/\/lib\.[\w.]+\.d\.ts$/.test(file));
  expect(declarations.filter((file) => !file.startsWith(project.folder))).toEqual([]);
});

test('tRPC’s own client compiles with the router; its declarations want the DOM library in Node too', async () => {
  const { complaints } = await project.compile(...inNode, ...bothLibraries, 'trpc-types.ts');
  expect(complaints).toEqual([]);
});

test('a wrong input does not compile, and the message names it', async () => {
  const program = `import { createGranaryClient } from '@granary/client';
    const client = createGranaryClient({ url: 'http://localhost', auth: { apiKey: '' } });
    await client.datasets.rows({ datasetId: 1 });`;
  await writeFile(path.join(project.folder, 'wrong.ts'), program);
  const { complaints } = await project.compile(...inNode, ...nodeLibrary, 'wrong.ts');
  expect(complaints).toEqual([
    expect.stringMatching(/^wrong\.ts\(3,34\): error TS2322: Type 'number' is not assignable to type 'string'/),
  ]);
});

test('the package needs no other of ours, and its router is declared in less than a kilobyte', async () => {
  const manifest = await readFile(path.join(project.installed, 'package.json'), 'utf8');
  expect(Object.keys(JSON.parse(manifest).dependencies).filter((name) => name.startsWith('@granary/'))).toEqual([]);
  const files = await filesOf(path.join(project.installed, 'dist/**/*.{js,ts}'));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) expect(await readFile(file, 'utf8')).not.toMatch(/from ['"](@granary|zod|node:)/);

  const declarations = files.filter((file) => file.endsWith('.d.ts'));
  const sizes = await Promise.all(declarations.map(async (file) => (await stat(file)).size));
  const router = (await stat(path.join(project.installed, 'dist/router.d.ts'))).size;
  console.log(`router.d.ts ${router} bytes; ${sizes.length} declaration files, ${sizes.reduce((a, b) => a + b)} bytes`);
  expect(router).toBeLessThan(1024);
});
