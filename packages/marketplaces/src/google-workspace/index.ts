import {
  type Connector,
  type ConnectorSettings,
  type CrawlRequest,
  type Page,
  type PageReading,
  UnreadablePage,
} from '../connector.ts';
import { partOf } from '../items.ts';
import { gone } from '../reading/assemble.ts';
import { pageText } from '../reading/decode.ts';
import { attributeOf, readHtml } from '../reading/html.ts';
import { readSitemap } from '../reading/sitemap.ts';
import { flagSetting, onlyFields, textsSetting } from '../settings.ts';
import { withHistory } from '../wayback/history.ts';
import { readApp } from './app.ts';

const host = 'workspace.google.com';
const marketplace = `https://${host}/marketplace`;

/**
 * The Google Workspace Marketplace, by pages that somebody saved: its terms restrict automated access, so that nothing is
 * fetched unless an operator turns it on, and says what. Its search is never asked, which its robots.txt forbids.
 */
export const googleWorkspace: Connector = withHistory(
  {
    name: 'google-workspace',
    label: 'Google Workspace Marketplace',
    parserVersion: 1,
    crawledByDefault: false,
    hosts: () => [host],
    start,
    read,
    items: {
      setting: 'apps',
      idOf: ({ hostname, pathname }) =>
        hostname === host || hostname === 'gsuite.google.com'
          ? partOf(pathname, /^\/marketplace\/app\/(?:[^/]{1,300}\/)?(\d{1,20})\/?$/)
          : null,
      addressOf: (id) => `${marketplace}/app/_/${id}`,
    },
  },
  (address) => /\/marketplace\/app\/[^/?#]{1,300}\/(\d{1,20})(?:[?#]|$)/.exec(address)?.[1] ?? null,
);

function start(settings: ConnectorSettings): readonly CrawlRequest[] {
  onlyFields(settings, ['apps', 'categories', 'sitemap']);
  const apps = textsSetting(settings, 'apps', /^\d{1,20}$/).map((id) => appRequest(id, null));
  const categories = textsSetting(settings, 'categories', /^[a-z-]{1,60}(?:\/[a-z-]{1,60})?$/);
  const sitemaps = flagSetting(settings, 'sitemap', false) ? [`${marketplace}/sitemap.xml`] : [];
  return [...[...sitemaps, ...categories.map((path) => `${marketplace}/category/${path}`)].map(indexRequest), ...apps];
}

function indexRequest(url: string): CrawlRequest {
  return { key: url, kind: 'index', method: 'GET', url };
}

/** One key for an app, whatever its name is at the moment. */
function appRequest(id: string, slug: string | null): CrawlRequest {
  const url = `${marketplace}/app/${slug ?? '_'}/${id}`;
  return { key: `${marketplace}/app/${id}`, kind: 'item', method: 'GET', url, externalId: id };
}

function read(page: Page): PageReading {
  const { kind, externalId } = page.request;
  if (kind === 'item' && externalId !== undefined && (page.status === 404 || page.status === 410))
    return { requests: [], plugins: [gone(externalId, { state: 'unavailable', reason: 'not found' })] };
  if (page.status !== 200) throw new UnreadablePage(`It was answered with status ${page.status}.`);
  if (kind === 'item') return { requests: [], plugins: [readApp(pageText(page), externalId ?? null, page.url)] };
  if (page.url.endsWith('.xml')) {
    const { sitemaps, urls } = readSitemap(page);
    return {
      requests: [...sitemaps.filter((url) => url.startsWith(`${marketplace}/`)).map(indexRequest), ...appsAmong(urls)],
      plugins: [],
    };
  }
  const html = readHtml(pageText(page));
  const links = html.elements.flatMap((element) => {
    const href = element.name === 'a' ? attributeOf(element, 'href') : null;
    return href === null ? [] : [URL.parse(href, `https://${host}/`)?.href ?? ''];
  });
  return { requests: appsAmong(links), plugins: [] };
}

const appAddress = /^https:\/\/workspace\.google\.com\/marketplace\/app\/([^/?#]{1,300})\/(\d{1,20})(?:[?#]|$)/;

function appsAmong(urls: readonly string[]): readonly CrawlRequest[] {
  const apps = new Map<string, CrawlRequest>();
  for (const url of urls) {
    const [, slug, id] = appAddress.exec(url) ?? [];
    if (id !== undefined && slug !== undefined && !apps.has(id)) apps.set(id, appRequest(id, slug));
  }
  return [...apps.values()];
}
