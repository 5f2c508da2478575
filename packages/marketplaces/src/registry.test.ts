import { describe, expect, test } from 'vitest';
import { connectorOf, connectors, registry } from './registry.ts';
import { crawlFixtures } from './testing/crawl-fixtures.ts';
import { fixtureDays, fixtureSite, fixtureSources } from './testing/fixture-site.ts';
import { pageOf } from './testing/page-of.ts';
import { plainList } from './testing/plain-list/index.ts';

describe('the registry', () => {
  test('knows each connector by its name', () => {
    expect(connectors.all.map(({ name }) => name)).toEqual([
      'chrome-web-store',
      'google-workspace',
      'firefox-addons',
      'wordpress-plugins',
      'vscode-gallery',
      'open-vsx',
      'generic',
    ]);
    for (const connector of connectors.all) expect(connectorOf(connector.name)).toBe(connector);
    expect(connectorOf('toString')).toBeUndefined();
    expect(() => registry([...connectors.all, plainList, plainList])).toThrow('Two connectors have the same name.');
  });

  test('takes one more that is a folder and a line', () => {
    const more = registry([...connectors.all, plainList]);
    const connector = more.of('plain-list');
    const [request] = connector?.start({ address: 'https://lists.example.com/plugins.txt' }) ?? [];
    expect(request).toMatchObject({ method: 'GET', url: 'https://lists.example.com/plugins.txt' });
    const reading = connector?.read(
      pageOf({ url: 'https://lists.example.com/plugins.txt', body: '# name\tusers\nTidy Tabs\t1,204\nNobody\t-\n' }),
    );
    expect(reading?.plugins.map(({ facts }) => [facts.externalId, facts.name, facts.users])).toEqual([
      ['tidy-tabs', 'Tidy Tabs', { metric: 'installs', value: 1204, bound: 'exact' }],
      ['nobody', 'Nobody', null],
    ]);
  });
});

describe('every connector', () => {
  test.each(fixtureSources)(
    '$connector asks only hosts that it names, and reads a page to the same facts each time',
    ({ connector: name, settings }) => {
      const connector = connectorOf(name);
      if (connector === undefined) throw new Error('it is not registered');
      for (const day of fixtureDays) {
        const { requests, plugins } = crawlFixtures(connector, settings, fixtureSite(day));
        expect(plugins.length).toBeGreaterThan(0);
        for (const { url } of requests) {
          expect(connector.hosts(settings)).toContain(new URL(url).hostname);
          expect(url).toMatch(/^https:/);
        }
        expect(crawlFixtures(connector, settings, fixtureSite(day)).plugins).toEqual(plugins);
      }
    },
  );

  test.each(fixtureSources)(
    '$connector names a plugin once on a day, and keeps no e-mail address',
    ({ connector: name, settings }) => {
      const connector = connectorOf(name);
      if (connector === undefined) throw new Error('it is not registered');
      const { plugins } = crawlFixtures(connector, settings, fixtureSite());
      const ids = plugins.map(({ facts }) => facts.externalId);
      expect(new Set(ids).size).toBe(ids.length);
      expect(JSON.stringify(plugins)).not.toMatch(/@[a-z]+\.(?:com|example)/);
    },
  );
});
