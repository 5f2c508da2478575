import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chromeWebStore } from '../chrome-web-store/index.ts';
import { UnreadablePage } from '../connector.ts';
import { readFixture } from '../testing/fixture-site.ts';
import { pageOf } from '../testing/page-of.ts';
import { readFrontMatter } from './front-matter.ts';
import { readManifestFile } from './read-manifest-file.ts';

const tidyTabs = 'ofadgkplmhbecinjofadgkplmhbecinj';
const pixelRuler = 'hgfedcbaponmlkjihgfedcbaponmlkji';

describe('a file of the manifests dataset', () => {
  test('is history of an extension in the Chrome Web Store, by the name of the file', () => {
    const file = `${tidyTabs}.json`;
    const { plugins } = chromeWebStore.read(
      pageOf({ url: `file:///dataset/${file}`, body: readFixture(`chrome-manifests/${file}`) }),
    );
    expect(plugins[0]?.facts).toMatchObject({
      externalId: tidyTabs,
      name: 'Tidy Tabs',
      summary: "Groups & sorts tabs: you'll never lose one. Promised.",
      developer: { name: 'Tidy Software GmbH', publisherId: null, website: null },
      categories: ['productivity/workflow'],
      permissions: ['tabs', 'https://tidytabs.example/*'],
      languages: ['English', 'Deutsch'],
      version: '1.2.0',
      manifestVersion: 2,
      sizeBytes: { value: 218_112, bound: 'at_least' },
      users: { metric: 'active_users', value: 7000, bound: 'at_least' },
      rating: 4.05,
      ratingCount: { value: 210, bound: 'exact' },
      websiteUrl: 'https://www.tidytabs.example/',
      privacyPolicyUrl: 'https://tidytabs.example/privacy',
      updatedAt: '2022-07-31T10:26:25.000Z',
    });
    expect(JSON.stringify(plugins)).not.toContain('Harbour Road');
  });

  test('may have no manifest, and a slug where a name is expected', () => {
    const plugin = readManifestFile(
      new TextDecoder().decode(readFixture(`chrome-manifests/${pixelRuler}.json`)),
      pixelRuler,
    );
    expect(plugin?.facts).toMatchObject({
      name: 'Pixel Ruler',
      slug: 'pixel-ruler',
      developer: null,
      permissions: null,
      users: { value: 3, bound: 'exact' },
      rating: null,
      ratingCount: null,
    });
  });

  test('has places only for what files of its year state', () => {
    const plugin = readManifestFile('---\nname: Old One\nuser_count: many\n---\n', tidyTabs);
    expect(plugin?.origins).toEqual({ name: 'meta', url: 'meta', users: null });
  });

  test('needs a name of its own and one of the extension', () => {
    expect(() => readManifestFile('---\nname: x\n---\n', null)).toThrow(UnreadablePage);
    expect(() => readManifestFile('---\nrating: 5\n---\n', tidyTabs)).toThrow(UnreadablePage);
    expect(readManifestFile('<html>---\n---', tidyTabs)).toBeNull();
    expect(readManifestFile('---\nnever closed', tidyTabs)).toBeNull();
  });
});

test('front matter is read line by line, whatever it is', () => {
  const fields = readFrontMatter(
    "---\r\na: 'it''s'\r\nb: \"x\\\"y\"\r\nc:\r\n  - 1\r\n  - two\r\nd: >-\r\n  --- not the end ---\r\n\r\n  more\r\ne: ~\r\nf:\r\n---\r\nrest",
  )?.fields;
  expect(fields && Object.fromEntries(fields)).toEqual({
    a: "it's",
    b: 'x"y',
    c: ['1', 'two'],
    d: '--- not the end --- \nmore',
    e: null,
    f: null,
  });
  expect(readFrontMatter('---\n__proto__: x\nconstructor: y\n---\n')?.fields.get('__proto__')).toBe('x');
  fc.assert(
    fc.property(fc.stringMatching(/^[-a: >'"\n]{0,80}$/), (text) => {
      expect(() => readFrontMatter(`---\n${text}\n---\n{}`)).not.toThrow();
    }),
  );
});
