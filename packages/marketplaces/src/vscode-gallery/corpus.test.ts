import { describe, expect, test } from 'vitest';
import { corpusFile, corpusFiles } from '../testing/corpus.ts';
import { outlineOf } from '../testing/outline.ts';
import { pageOf } from '../testing/page-of.ts';
import { openVsx } from './index.ts';

const folder = 'vscode-gallery';
const files = corpusFiles(folder).filter((name) => /response/.test(name));

/** Read off the pages. */
const expected: Readonly<Record<string, unknown>> = {
  'openvsx-findid-yaml-response-alpine.json': {
    externalId: 'redhat.vscode-yaml',
    availability: { state: 'available' },
    name: 'YAML',
    slug: 'redhat.vscode-yaml',
    url: 'https://open-vsx.org/extension/redhat/vscode-yaml',
    summary: 'YAML Language Support',
    version: '0.5.2',
    users: { value: 100, bound: 'exact', metric: 'installs' },
    rating: 3,
    ratingCount: { value: 10, bound: 'exact' },
    websiteUrl: 'https://github.com/redhat-developer/vscode-yaml',
    createdAt: '1999-12-01T09:00:00.000Z',
    updatedAt: '2000-01-01T10:00:00.000Z',
    developer: ['r…6', 't…6', null],
  },
  'openvsx-findname-yaml-response-files.json': {
    externalId: 'redhat.vscode-yaml',
    availability: { state: 'available' },
    name: 'YAML',
    slug: 'redhat.vscode-yaml',
    url: 'https://open-vsx.org/extension/redhat/vscode-yaml',
    summary: 'YAML Language Support',
    version: '0.5.2',
    createdAt: '1999-12-01T09:00:00.000Z',
    updatedAt: '2000-01-01T10:00:00.000Z',
    developer: ['r…6', 't…6', null],
  },
  'openvsx-findname-yaml-response-statistics.json': {
    externalId: 'redhat.vscode-yaml',
    availability: { state: 'available' },
    name: 'YAML',
    slug: 'redhat.vscode-yaml',
    url: 'https://open-vsx.org/extension/redhat/vscode-yaml',
    summary: 'YAML Language Support',
    users: { value: 100, bound: 'exact', metric: 'installs' },
    rating: 3,
    ratingCount: { value: 10, bound: 'exact' },
    createdAt: '1999-12-01T09:00:00.000Z',
    updatedAt: '2000-01-01T10:00:00.000Z',
    developer: ['r…6', 't…6', null],
  },
  'openvsx-findname-yaml-response-versions.json': {
    externalId: 'redhat.vscode-yaml',
    availability: { state: 'available' },
    name: 'YAML',
    slug: 'redhat.vscode-yaml',
    url: 'https://open-vsx.org/extension/redhat/vscode-yaml',
    summary: 'YAML Language Support',
    version: '0.5.2',
    createdAt: '1999-12-01T09:00:00.000Z',
    updatedAt: '2000-01-01T10:00:00.000Z',
    developer: ['r…6', 't…6', null],
  },
  'openvsx-search-yaml-response-targets.json': {
    externalId: 'redhat.vscode-yaml',
    availability: { state: 'available' },
    name: 'YAML',
    slug: 'redhat.vscode-yaml',
    url: 'https://open-vsx.org/extension/redhat/vscode-yaml',
    summary: 'YAML Language Support',
    version: '0.5.2',
    users: { value: 100, bound: 'exact', metric: 'installs' },
    rating: 3,
    ratingCount: { value: 10, bound: 'exact' },
    websiteUrl: 'https://github.com/redhat-developer/vscode-yaml',
    createdAt: '1999-12-01T09:00:00.000Z',
    updatedAt: '2000-01-01T10:00:00.000Z',
    developer: ['r…6', 't…6', null],
  },
  'openvsx-search-yaml-response.json': {
    externalId: 'redhat.vscode-yaml',
    availability: { state: 'available' },
    name: 'YAML',
    slug: 'redhat.vscode-yaml',
    url: 'https://open-vsx.org/extension/redhat/vscode-yaml',
    summary: 'YAML Language Support',
    version: '0.5.2',
    users: { value: 100, bound: 'exact', metric: 'installs' },
    rating: 3,
    ratingCount: { value: 10, bound: 'exact' },
    websiteUrl: 'https://github.com/redhat-developer/vscode-yaml',
    createdAt: '1999-12-01T09:00:00.000Z',
    updatedAt: '2000-01-01T10:00:00.000Z',
    developer: ['r…6', 't…6', null],
  },
};

describe.skipIf(files.length === 0)('real answers of Open VSX', () => {
  test.each(files)('%s is read to the facts that it shows', (name) => {
    const url = `file:///${name}`;
    const { plugins, requests } = openVsx.read(pageOf({ url, body: corpusFile(folder, name) }));
    expect(requests).toEqual([]);
    // the empty one is the answer for an extension that there is not
    expect(plugins.map(outlineOf)).toEqual(name in expected ? [expected[name]] : []);
  });
});
