import { parse } from 'smol-toml';
import { z } from 'zod';
import { type FoundPackage, packageUrl, present } from './found-package.ts';

/** A requirement (https://packaging.python.org/en/latest/specifications/dependency-specifiers/): its name, and a version if it names one. */
function requirement(text: string): FoundPackage | null {
  const [, name, rest = ''] =
    /^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || !/^(?:$|[(<>=!~;@#])/.test(rest)) return null;
  const [, version = null] = /^\(?\s*={2,3}\s*([0-9A-Za-z.!+_-]+)\s*\)?\s*(?:[;#].*)?$/.exec(rest) ?? [];
  return packageUrl('pypi', name, { version });
}

/** requirements.txt: a requirement a line; options, and files that it refers to, are passed over. */
export const pipPackages = (text: string): FoundPackage[] =>
  text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/\s+#.*$|\s+--hash=\S+/g, '').trim())
    .filter((line) => line !== '' && !/^[-#.]/.test(line) && !/^\S+:\/\//.test(line))
    .map(requirement)
    .filter(present);

const lists = z.record(z.string(), z.array(z.string()).catch([])).catch({});
const poetry = z.record(z.string(), z.unknown()).catch({});
const project = z.object({
  project: z
    .object({ dependencies: z.array(z.string()).catch([]).default([]), 'optional-dependencies': lists.default({}) })
    .catch({ dependencies: [], 'optional-dependencies': {} })
    .default({ dependencies: [], 'optional-dependencies': {} }),
  'dependency-groups': lists.default({}),
  tool: z
    .object({ poetry: z.object({ dependencies: poetry.default({}) }).optional() })
    .catch({})
    .default({}),
});

/** pyproject.toml (PEP 621, PEP 735), and what Poetry has there. */
export function pyprojectPackages(text: string): FoundPackage[] {
  const found = project.parse(parse(text));
  const named = [
    ...found.project.dependencies,
    ...Object.values(found.project['optional-dependencies']).flat(),
    ...Object.values(found['dependency-groups']).flat(),
  ].map(requirement);
  const poetic = Object.entries(found.tool.poetry?.dependencies ?? {})
    .filter(([name]) => name.toLowerCase() !== 'python')
    .map(([name, value]) => {
      const [, version = null] = /^(?:==)?(\d[0-9A-Za-z.]*)$/.exec(typeof value === 'string' ? value : '') ?? [];
      return packageUrl('pypi', name, { version });
    });
  return [...named, ...poetic].filter(present);
}
