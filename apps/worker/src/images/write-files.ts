import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DomainError } from '@granary/domain';
import type { FetchedCommit } from '../code/fetch-commit.ts';

/**
 * Writes the files of a commit into an empty folder, links included where they lead to something in it: a link that leads out would
 * have the builder read what is this machine's. Throws DomainError precondition for one that does, or leads through another one.
 */
export async function writeFiles({ files, read }: FetchedCommit, folder: string): Promise<void> {
  const kinds = new Map<string, string>();
  for (const { path: name, kind } of files) {
    kinds.set(name, kind);
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1))
      kinds.set(name.slice(0, at), 'folder');
  }
  for (const file of files) {
    const target = path.join(folder, file.path);
    const bytes = read(file);
    if (!bytes) throw new DomainError('precondition', `the server did not send ${file.path}`);
    await mkdir(path.dirname(target), { recursive: true });
    if (file.kind === 'link') {
      const text = bytes.toString();
      if (!staysInside(file.path, text, kinds))
        throw new DomainError(
          'precondition',
          `the link ${file.path} leads out of the repository, or through another link`,
        );
      await symlink(text, target);
    } else await writeFile(target, bytes, { mode: file.kind === 'program' ? 0o755 : 0o644, flag: 'wx' });
  }
}

/** Each step but the last is a folder that is there, so that `..` goes where it seems to. */
function staysInside(link: string, target: string, kinds: ReadonlyMap<string, string>): boolean {
  if (target.startsWith('/') || target.includes('\0')) return false;
  const at = link.split('/').slice(0, -1);
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  return steps.every((step, index) => {
    if (step === '..') return at.pop() !== undefined;
    at.push(step);
    const kind = kinds.get(at.join('/'));
    return kind === 'folder' || (index === steps.length - 1 && (kind === 'file' || kind === 'program'));
  });
}
