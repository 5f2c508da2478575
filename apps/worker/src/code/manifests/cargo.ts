import { parse } from 'smol-toml';
import { z } from 'zod';
import { type FoundPackage, packageUrl, present } from './found-package.ts';

const wanted = z.record(
  z.string(),
  z.union([
    z.string(),
    z.object({
      version: z.string().optional(),
      package: z.string().optional(),
      path: z.unknown().optional(),
      git: z.unknown().optional(),
    }),
    z.unknown().transform(() => null),
  ]),
);
const tables = z.object({
  dependencies: wanted.default({}),
  'dev-dependencies': wanted.default({}),
  'build-dependencies': wanted.default({}),
});
const manifest = tables.extend({
  workspace: z.object({ dependencies: wanted.default({}) }).optional(),
  target: z.record(z.string(), tables).default({}),
});

/** Cargo.toml (https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html); what lies beside it, or in git, is no package. */
export function cargoPackages(text: string): FoundPackage[] {
  const { workspace, target, ...own } = manifest.parse(parse(text));
  const all = [own, ...Object.values(target)]
    .flatMap((each) => [each.dependencies, each['dev-dependencies'], each['build-dependencies']])
    .concat(workspace ? [workspace.dependencies] : []);
  return all
    .flatMap((table) => Object.entries(table))
    .map(([name, value]) => {
      if (value === null) return null;
      if (typeof value === 'string') return packageUrl('cargo', name, { version: exact(value) });
      if (value.path !== undefined || value.git !== undefined) return null;
      return packageUrl('cargo', value.package ?? name, { version: exact(value.version ?? '') });
    })
    .filter(present);
}

const exact = (text: string): string | null => /^=\s*(\d+\.\d+\.\d+\S*)$/.exec(text.trim())?.[1] ?? null;
