import { type GitObject, UnreadablePack } from './pack.ts';

export interface TreeFile {
  /** From the top of the repository. */
  readonly path: string;
  readonly kind: 'file' | 'program' | 'link';
  readonly id: string;
}

const kinds: Readonly<Record<string, TreeFile['kind']>> = {
  '100644': 'file',
  '100664': 'file',
  '100755': 'program',
  '120000': 'link',
};
const deepest = 100;

/**
 * The files of a commit, in git's order. Submodules are left out: they are other repositories. Throws UnreadablePack for a tree that
 * is not there or has a name that a folder of ours must not have, and for more than `maxFiles`.
 */
export function filesOf(
  objects: ReadonlyMap<string, GitObject>,
  commit: string,
  maxFiles: number,
): readonly TreeFile[] {
  const files: TreeFile[] = [];
  let left = maxFiles * 2; // folders count as well: a few that hold each other again and again are no end of them
  const root = /^tree ([0-9a-f]+)\n/.exec(need(objects, commit, 'commit').toString('latin1'))?.[1] ?? '';
  walk(root, '', 0);
  return files;

  function walk(id: string, prefix: string, depth: number): void {
    if (depth > deepest) throw new UnreadablePack('its folders are too deep');
    const names = new Set<string>();
    for (const { mode, name, id: entry } of entriesOf(need(objects, id, 'tree'), id.length / 2)) {
      // as git's own fsck: names that lead elsewhere, and such as two entries would share
      if (
        name === '' ||
        name === '.' ||
        name === '..' ||
        name.toLowerCase() === '.git' ||
        name.includes('/') ||
        names.has(name)
      )
        throw new UnreadablePack(`it has a file of a name that cannot be: ${JSON.stringify(name)}`);
      names.add(name);
      const path = prefix + name;
      const kind = kinds[mode];
      if (mode === '40000') walk(entry, `${path}/`, depth + 1);
      else if (kind) files.push({ path, kind, id: entry });
      left -= 1;
      if (left < 0 || files.length > maxFiles) throw new UnreadablePack(`it has more than ${maxFiles} files`);
    }
  }
}

function need(objects: ReadonlyMap<string, GitObject>, id: string, type: GitObject['type']): Buffer {
  const object = objects.get(id);
  if (object?.type !== type) throw new UnreadablePack(`the server did not send the ${type} ${id}`);
  return object.bytes;
}

function* entriesOf(tree: Buffer, idBytes: number) {
  for (let at = 0; at < tree.length; ) {
    const space = tree.indexOf(32, at);
    const nul = tree.indexOf(0, at);
    if (space < 0 || nul < space || nul + 1 + idBytes > tree.length) throw new UnreadablePack('a tree is damaged');
    yield {
      mode: tree.toString('latin1', at, space),
      name: tree.toString('utf8', space + 1, nul),
      id: tree.toString('hex', nul + 1, nul + 1 + idBytes),
    };
    at = nul + 1 + idBytes;
  }
}
