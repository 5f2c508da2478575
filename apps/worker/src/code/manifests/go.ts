import { type FoundPackage, packageUrl, present } from './found-package.ts';

/** go.mod (https://go.dev/ref/mod#go-mod-file): what it requires itself, not what that requires in turn. */
export function goPackages(text: string): FoundPackage[] {
  let isBlock = false;
  const found: (FoundPackage | null)[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (/^require\s*\($/.test(line)) isBlock = true;
    else if (line === ')') isBlock = false;
    const wanted = isBlock ? line : (/^require\s+(.*)$/.exec(line)?.[1] ?? '');
    const [, path, version] = /^"?([^\s"()]+)"?\s+(v[^\s/]+)\s*(?:\/\/(?!\s*indirect).*)?$/.exec(wanted) ?? [];
    if (path === undefined || version === undefined) continue;
    const at = path.lastIndexOf('/');
    found.push(packageUrl('golang', path.slice(at + 1), { namespace: at < 0 ? null : path.slice(0, at), version }));
  }
  return found.filter(present);
}
