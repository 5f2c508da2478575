import { z } from 'zod';
import { type FoundPackage, packageUrl, present } from './found-package.ts';

const wanted = z.record(z.string(), z.string()).catch({});
const manifest = z.object({
  dependencies: wanted.default({}),
  devDependencies: wanted.default({}),
  optionalDependencies: wanted.default({}),
  peerDependencies: wanted.default({}),
});
const lock = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })).default({}) });
const exact = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;

/** package.json: what it names, with the version that package-lock.json beside it chose, or the one that it names exactly. */
export function npmPackages(text: string, lockText?: string): FoundPackage[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest.parse(JSON.parse(text));
  const chosen = chosenVersions(lockText);
  const all = { ...peerDependencies, ...optionalDependencies, ...devDependencies, ...dependencies };
  return Object.entries(all)
    .map(([name, range]) => {
      if (/^(?:file|link|workspace|portal|git|https?|github):|^git\+|\//.test(range) && !range.startsWith('npm:'))
        return null;
      const [, alias, aliased] = /^npm:((?:@[^/]+\/)?[^@]+)(?:@(.*))?$/.exec(range) ?? [];
      const version = chosen.get(name) ?? (exact.test(aliased ?? range) ? (aliased ?? range) : null);
      return purlOf(alias ?? name, version);
    })
    .filter(present);
}

function purlOf(name: string, version: string | null): FoundPackage | null {
  const [, namespace = null, bare = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  return /^[^/\s]+$/.test(bare) ? packageUrl('npm', bare, { namespace, version }) : null;
}

/** Of what lies in node_modules itself (lockfileVersion 2 and 3). */
function chosenVersions(text: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (text === undefined) return found;
  for (const [place, { version }] of Object.entries(lock.parse(JSON.parse(text)).packages)) {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place) ?? [];
    if (name !== undefined && version !== undefined) found.set(name, version);
  }
  return found;
}
