import { execFile } from 'node:child_process';
import { copyFile, glob, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const execute = promisify(execFile);
let project: string;

/** A project outside the workspace with the packed client, its dependencies, and a compiler. */
beforeAll(async () => {
  project = await mkdtemp(path.join(tmpdir(), 'granary-consumer-'));
  const installed = path.join(project, 'node_modules/@granary/client');
  await mkdir(installed, { recursive: true });
  await execute('pnpm', ['pack', '--pack-destination', project], { cwd: root });
  const [tarball = ''] = await found(path.join(project, '*.tgz'));
  await execute('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  const { dependencies } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), '@types/node', 'typescript']) {
    const target = path.join(project, 'node_modules', name);
    await mkdir(path.dirname(target), { recursive: true });
    await symlink(await realpath(path.join(root, 'node_modules', name)), target);
  }
  await writeFile(path.join(project, 'package.json'), '{"type":"module","private":true}');
  for (const file of ['types.ts', 'trpc-types.ts', 'main.ts'])
    await copyFile(path.join(root, 'test/consumer', file), path.join(project, file));
  return () => rm(project, { recursive: true });
}, 60_000);

const found = async (pattern: string): Promise<string[]> => {
  const files: string[] = [];
  for await (const file of glob(pattern)) files.push(file);
  return files;
};

const strict = [
  '--ignoreConfig',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--skipLibCheck',
  'false',
  '--target',
  'es2024',
];
const inNode = ['--module', 'nodenext', '--types', 'node'];
const nodeLibrary = ['--lib', 'es2024,esnext.disposable'];
const inBrowser = ['--module', 'esnext', '--moduleResolution', 'bundler', '--types', ''];
const domLibrary = ['--lib', 'es2024,dom,dom.iterable,dom.asynciterable,esnext.disposable'];

/** The compiler's complaints, none when it has none, and the files it read. */
async function compile(...options: string[]): Promise<{ complaints: string[]; files: string[] }> {
  const compiler = path.join(project, 'node_modules/typescript/bin/tsc');
  const { stdout } = await execute(compiler, [...strict, '--noEmit', '--listFiles', ...options], {
    cwd: project,
  }).catch((error: { stdout: string }) => error);
  const lines = stdout.split('\n').filter((line) => line);
  return {
    complaints: lines.filter((line) => !path.isAbsolute(line)),
    files: lines.filter((line) => path.isAbsolute(line)),
  };
}

test('the packed client compiles in Node’s way, with every declaration checked, and refuses what is wrong', async () => {
  const { complaints } = await compile(...inNode, ...nodeLibrary, 'types.ts', 'main.ts');
  expect(complaints).toEqual([]);
});

test('the packed client compiles for a browser, without any types but its own', async () => {
  const { complaints, files } = await compile(...inBrowser, '--lib', 'es2022,dom,dom.iterable', 'types.ts');
  expect(complaints).toEqual([]);
  const declarations = files.filter((file) => !/\/lib\.[\w.]+\.d\.ts$/.test(file));
  expect(declarations.filter((file) => !file.startsWith(project))).toEqual([]);
});

test('tRPC’s own client compiles with the router; its declarations want the DOM library in Node too', async () => {
  const { complaints } = await compile(...inNode, ...domLibrary, 'trpc-types.ts');
  expect(complaints).toEqual([]);
});

test('a wrong input does not compile, and the message names it', async () => {
  const program = `import { createGranaryClient } from '@granary/client';
    const client = createGranaryClient({ url: 'http://localhost', auth: { apiKey: '' } });
    await client.datasets.rows({ datasetId: 1 });`;
  await writeFile(path.join(project, 'wrong.ts'), program);
  const { complaints } = await compile(...inNode, ...nodeLibrary, 'wrong.ts');
  expect(complaints).toEqual([
    expect.stringMatching(/^wrong\.ts\(3,34\): error TS2322: Type 'number' is not assignable to type 'string'/),
  ]);
});

test('the package needs no other of ours, and its router is declared in less than a kilobyte', async () => {
  const installed = path.join(project, 'node_modules/@granary/client');
  const manifest = await readFile(path.join(installed, 'package.json'), 'utf8');
  expect(Object.keys(JSON.parse(manifest).dependencies).filter((name) => name.startsWith('@granary/'))).toEqual([]);
  const files = await found(path.join(installed, 'dist/**/*.{js,ts}'));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) expect(await readFile(file, 'utf8')).not.toMatch(/from ['"](@granary|zod|node:)/);

  const declarations = files.filter((file) => file.endsWith('.d.ts'));
  const sizes = await Promise.all(declarations.map(async (file) => (await stat(file)).size));
  const router = (await stat(path.join(installed, 'dist/router.d.ts'))).size;
  console.log(`router.d.ts ${router} bytes; ${sizes.length} declaration files, ${sizes.reduce((a, b) => a + b)} bytes`);
  expect(router).toBeLessThan(1024);
});
