import { chmod, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** A folder for one load, or for one day of a feed, named after this process so that `sweepWorkDirectories` can tell whose it was. */
export const makeWorkDirectory = (root: string): Promise<string> => mkdtemp(path.join(root, `load-${process.pid}-`));

/** Makes the root, and removes what loads, and objects that were read as files, left there whose process was killed: it holds people's rows. */
export async function sweepWorkDirectories(root: string, mode = 0o700): Promise<void> {
  await mkdir(root, { recursive: true, mode });
  const { uid } = await lstat(root);
  // who owns it decides what lies in it, whatever the rights of what lies in it
  if (process.getuid && uid !== process.getuid()) throw new Error(`the folder ${root} is somebody else's`);
  await chmod(root, mode); // not what the umask left of it
  for (const name of await readdir(root)) {
    const pid = /^(?:load|object)-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(path.join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // it is there, and somebody else's
  }
}
