import { execFile } from 'node:child_process';
import { copyFile, glob, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const execute = promisify(execFile);

export interface PackedProject {
  readonly folder: string;
  /** The client, as unpacked from its tarball. */
  readonly installed: string;
  /** Its complaints, none when it has none, and the files it read. */
  compile(...options: string[]): Promise<{ complaints: string[]; files: string[] }>;
  remove(): Promise<void>;
}

/**
 * A project outside the workspace with the packed client, its dependencies, a compiler, and the programs of `consumer`.
 * Nothing is downloaded: the dependencies are linked from the workspace.
 */
export async function createPackedProject(): Promise<PackedProject> {
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), 'granary-consumer-'));
  const installed = path.join(folder, 'node_modules/@granary/client');
  await mkdir(installed, { recursive: true });
  await execute('pnpm', ['pack', '--pack-destination', folder], { cwd: root });
  const [tarball = ''] = await filesOf(path.join(folder, '*.tgz'));
  await execute('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  const { dependencies } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), '@types/node', 'typescript']) {
    const link = path.join(folder, 'node_modules', name);
    await mkdir(path.dirname(link), { recursive: true });
    await symlink(await realpath(path.join(root, 'node_modules', name)), link);
  }
  await writeFile(path.join(folder, 'package.json'), '{"type":"module","private":true}');
  for (const file of await filesOf(path.join(root, 'test/consumer/*.ts')))
    await copyFile(file, path.join(folder, path.basename(file)));
  return {
    folder,
    installed,
    compile: (...options) => compile(folder, options),
    remove: () => rm(folder, { recursive: true }),
  };
}

export async function filesOf(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(pattern)) files.push(file);
  return files;
}

const strict = [
  '--ignoreConfig',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--skipLibCheck',
  'false',
  '--target',
  'es2022',
];

async function compile(folder: string, options: readonly string[]) {
  const compiler = path.join(folder, 'node_modules/typescript/bin/tsc');
  const { stdout } = await execute(compiler, [...strict, '--listFiles', ...options], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  const lines = stdout.split('\n').filter((line) => line);
  return {
    complaints: lines.filter((line) => !path.isAbsolute(line)),
    files: lines.filter((line) => path.isAbsolute(line)),
  };
}
