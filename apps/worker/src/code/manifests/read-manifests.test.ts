import fc from 'fast-check';
import { PackageURL } from 'packageurl-js';
import { expect, test } from 'vitest';
import { cargoPackages } from './cargo.ts';
import { dockerPackages } from './docker.ts';
import { goPackages } from './go.ts';
import { npmPackages } from './npm.ts';
import { pipPackages, pyprojectPackages } from './python.ts';
import { readManifests } from './read-manifests.ts';

test('package.json, with what its lock file chose', () => {
  const manifest = JSON.stringify({
    dependencies: {
      zod: '^4.0.0',
      '@scope/a': '1.2.3',
      local: 'file:../x',
      other: 'npm:left-pad@1.3.0',
      git: 'owner/repo',
    },
    devDependencies: { vitest: 'latest' },
  });
  const lock = JSON.stringify({
    packages: {
      '': {},
      'node_modules/zod': { version: '4.1.0' },
      'node_modules/a/node_modules/zod': { version: '3.0.0' },
    },
  });
  expect(npmPackages(manifest, lock).sort()).toEqual([
    'pkg:npm/%40scope/a@1.2.3',
    'pkg:npm/left-pad@1.3.0',
    'pkg:npm/vitest',
    'pkg:npm/zod@4.1.0',
  ]);
});

test('requirements.txt', () => {
  const text = `# what we need
--index-url https://pypi.example/
-r other.txt
Django==4.2.1 ; python_version > "3.8"  # the web
requests[security] >= 2
numpy
./local
git+https://example.com/x.git
zope.interface==5.0 \\
    --hash=sha256:aaaa
not a requirement
`;
  expect(pipPackages(text)).toEqual([
    'pkg:pypi/django@4.2.1',
    'pkg:pypi/requests',
    'pkg:pypi/numpy',
    expect.stringMatching(/^pkg:pypi\/zope[.-]interface@5\.0$/),
  ]);
});

test('pyproject.toml, also as Poetry has it', () => {
  const text = `[project]
dependencies = ["httpx==0.27.0", "rich>=13"]
[project.optional-dependencies]
extra = ["polars"]
[tool.poetry.dependencies]
python = "^3.12"
attrs = "23.1"
black = { version = "^24" }
`;
  expect(pyprojectPackages(text)).toEqual([
    'pkg:pypi/httpx@0.27.0',
    'pkg:pypi/rich',
    'pkg:pypi/polars',
    'pkg:pypi/attrs@23.1',
    'pkg:pypi/black',
  ]);
});

test('go.mod, without what is only needed by others', () => {
  const text = `module example.com/m
go 1.22
require github.com/pkg/errors v0.9.1
require (
\tgolang.org/x/text v0.3.0 // a comment
\tgithub.com/davecgh/go-spew v1.1.1 // indirect
)
`;
  expect(goPackages(text)).toEqual(['pkg:golang/github.com/pkg/errors@v0.9.1', 'pkg:golang/golang.org/x/text@v0.3.0']);
});

test('Cargo.toml', () => {
  const text = `[dependencies]
serde = { version = "=1.0.200", features = ["derive"] }
rand = "0.8"
mine = { path = "../mine" }
renamed = { package = "tokio", version = "1" }
[target.'cfg(unix)'.dependencies]
nix = "=0.29.0"
`;
  expect(cargoPackages(text)).toEqual([
    'pkg:cargo/serde@1.0.200',
    'pkg:cargo/rand',
    'pkg:cargo/tokio',
    'pkg:cargo/nix@0.29.0',
  ]);
});

test('a Dockerfile', () => {
  expect(dockerPackages('FROM python:3.12 AS a\nFROM ghcr.io/team/app:v1\nCOPY --from=a /x /y')).toEqual([
    'pkg:docker/library/python@3.12',
    'pkg:docker/team/app@v1?repository_url=ghcr.io',
  ]);
});

test('manifests are found where they are, others’ code is passed over, and what is broken is said', () => {
  const texts: Record<string, string> = {
    'package.json': '{"dependencies": {"zod": "1.0.0"}}',
    'sub/package.json': '{"dependencies": {"zod": "1.0.0", "left-pad": "1.3.0"}}',
    'node_modules/x/package.json': '{"dependencies": {"evil": "1.0.0"}}',
    'broken/Cargo.toml': '= = =',
    'go.mod.txt': 'require x v1',
  };
  const files = Object.keys(texts).map((path) => ({ path, kind: 'file' as const, id: path }));
  expect(readManifests({ files, read: ({ path }) => Buffer.from(texts[path] ?? '') })).toEqual({
    found: [
      { purl: 'pkg:npm/zod@1.0.0', file: 'package.json' },
      { purl: 'pkg:npm/left-pad@1.3.0', file: 'sub/package.json' },
    ],
    problems: ['broken/Cargo.toml cannot be read'],
  });
});

test('whatever a manifest says, what comes of it is package URLs, or it cannot be read', () => {
  const named = fc.oneof(fc.string(), fc.constantFrom('@a/b', '../x', 'a@b', '__proto__'));
  fc.assert(
    fc.property(named, named, fc.string(), (name, version, text) => {
      const manifest = JSON.stringify({ dependencies: { [name]: version } });
      const all = [
        ...npmPackages(manifest),
        ...pipPackages(`${name}==${version}\n${text}`),
        ...goPackages(`require ${name} ${version}`),
        ...dockerPackages(`FROM ${name}:${version}`),
      ];
      for (const each of all) expect(PackageURL.fromString(each).toString()).toBe(each);
    }),
  );
});
