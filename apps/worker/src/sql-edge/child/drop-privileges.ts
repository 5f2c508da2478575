import { chownSync } from 'node:fs';

/** nobody, where the machine maps no other ids to a container. */
const nobody = 65_534;
const firstId = 1_879_048_192;

/**
 * Gives a folder to the user that this process is going to be: where it is root, one of its own for each process, so that
 * not even two sandboxes can reach each other. Returns the user's id.
 */
export function giveFolder(folder: string): number {
  if (process.getuid?.() !== 0) return process.getuid?.() ?? -1;
  const id = firstId + process.pid;
  if (chown(folder, id)) return id;
  chownSync(folder, nobody, nobody);
  return nobody;
}

/** From root to this user, for good. Does nothing for who is not root. */
export function dropPrivileges(id: number): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(id);
  process.setuid?.(id);
  if (canBeRoot()) throw new Error('the process could not drop its privileges');
}

function chown(folder: string, id: number): boolean {
  try {
    chownSync(folder, id, id);
    return true;
  } catch {
    return false;
  }
}

function canBeRoot(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return process.getuid?.() === 0;
  }
}
