import { at, endOfString, numberAt, parseJson, textAt, textsAt } from '../reading/json.ts';

export interface Manifest {
  readonly name: string | null;
  readonly version: string | null;
  readonly manifestVersion: number | null;
  /** What it may do and on which hosts, as far as it is granted with the installation. */
  readonly permissions: readonly string[];
}

/**
 * An extension's manifest.json, which may have comments, trailing commas and a byte order mark as Chrome lets it; null
 * where it is none.
 */
export function readManifest(text: string): Manifest | null {
  if (!text.includes('{')) return null;
  let manifest: unknown;
  try {
    manifest = parseJson(plainJson(text.trimStart()));
  } catch {
    return null;
  }
  const manifestVersion = numberAt(manifest, 'manifest_version');
  const version = textAt(manifest, 'version');
  if (manifestVersion === null && version === null) return null;
  return {
    name: untranslated(textAt(manifest, 'name')),
    version,
    manifestVersion,
    permissions: [...(textsAt(manifest, 'permissions') ?? []), ...(textsAt(at(manifest), 'host_permissions') ?? [])],
  };
}

/** `__MSG_name__` stands for a text in another file. */
function untranslated(name: string | null): string | null {
  return name === null || /^__MSG_/.test(name) ? null : name;
}

/** Without comments and without commas before a closing bracket. */
function plainJson(text: string): string {
  const kept: string[] = [];
  let from = 0;
  let comma = -1;
  const drop = (start: number, end: number) => {
    kept.push(text.slice(from, start));
    from = end;
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      comma = -1;
      i = endOfString(text, i);
    } else if (char === '/' && (text[i + 1] === '/' || text[i + 1] === '*')) {
      const end = endOfComment(text, i);
      drop(i, end);
      i = end - 1;
    } else if (char === ',') {
      kept.push(text.slice(from, i));
      comma = kept.push(',') - 1;
      from = i + 1;
    } else if (char === ']' || char === '}') {
      if (comma !== -1) kept[comma] = '';
      comma = -1;
    } else if (char !== undefined && !/\s/.test(char)) comma = -1;
  }
  kept.push(text.slice(from));
  return kept.join('');
}

function endOfComment(text: string, start: number): number {
  const end = text[start + 1] === '/' ? text.indexOf('\n', start) : text.indexOf('*/', start + 2);
  if (end === -1) return text.length;
  return text[start + 1] === '/' ? end : end + 2;
}
