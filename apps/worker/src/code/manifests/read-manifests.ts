import type { FetchedCommit } from '../fetch-commit.ts';
import { cargoPackages } from './cargo.ts';
import { dockerPackages } from './docker.ts';
import { goPackages } from './go.ts';
import { npmPackages } from './npm.ts';
import { pipPackages, pyprojectPackages } from './python.ts';

export interface FoundDependency {
  readonly purl: string;
  /** In which file it stands. */
  readonly file: string;
}

type ReadFile = (path: string) => string | undefined;

const readers: readonly {
  readonly name: RegExp;
  read(text: string, beside: ReadFile): readonly string[];
}[] = [
  { name: /^package\.json$/, read: (text, beside) => npmPackages(text, beside('package-lock.json')) },
  { name: /^requirements[\w.-]*\.txt$/, read: pipPackages },
  { name: /^pyproject\.toml$/, read: pyprojectPackages },
  { name: /^go\.mod$/, read: goPackages },
  { name: /^Cargo\.toml$/, read: cargoPackages },
  { name: /^(?:Dockerfile(?:\.[\w.-]+)?|[\w.-]+\.Dockerfile|Containerfile)$/, read: dockerPackages },
];
const notOurs = /(?:^|\/)(?:node_modules|vendor|third_party|\.venv|site-packages)\//;
const mostFiles = 500;
const mostFound = 5000;

/**
 * What the manifests of a commit say it depends on, each package once, and in which file it stands first; and what could not be read.
 * Others' code that lies in the repository is passed over.
 */
export function readManifests({ files, read }: FetchedCommit): {
  readonly found: readonly FoundDependency[];
  readonly problems: readonly string[];
} {
  const byPath = new Map(files.filter(({ kind }) => kind !== 'link').map((file) => [file.path, file]));
  const textOf: ReadFile = (path) => {
    const file = byPath.get(path);
    return file && read(file)?.toString();
  };
  const found = new Map<string, FoundDependency>();
  const problems: string[] = [];
  let seen = 0;
  for (const path of byPath.keys()) {
    const at = path.lastIndexOf('/') + 1;
    const reader = notOurs.test(path) ? undefined : readers.find(({ name }) => name.test(path.slice(at)));
    if (!reader) continue;
    seen += 1;
    if (seen > mostFiles) {
      problems.push(`there are more than ${mostFiles} manifests`);
      break;
    }
    const text = textOf(path);
    if (text === undefined) {
      problems.push(`${path} is too large`);
      continue;
    }
    try {
      for (const purl of reader.read(text, (name) => textOf(path.slice(0, at) + name)))
        if (found.size < mostFound && !found.has(purl)) found.set(purl, { purl, file: path });
    } catch {
      problems.push(`${path} cannot be read`); // in what way is its author's to find out
    }
  }
  return { found: [...found.values()], problems };
}
