import { readManifestFile } from '../chrome-manifests/read-manifest-file.ts';
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
import { readSitemap } from '../reading/sitemap.ts';
import { flagSetting, onlyFields, textSetting, textsSetting } from '../settings.ts';
import { withHistory } from '../wayback/history.ts';
import { idInUrl, idPattern } from './ids.ts';
import { readItem } from './item.ts';

const host = 'chromewebstore.google.com';
const store = `https://${host}`;

/**
 * The Chrome Web Store: its sitemaps tell the items, and an item's page holds its data. Pages of an archive and files of
 * the manifests dataset are read as well, so that they become history of the same plugins.
 */
export const chromeWebStore: Connector = withHistory(
  {
    name: 'chrome-web-store',
    label: 'Chrome Web Store',
    parserVersion: 1,
    crawledByDefault: true,
    hosts: () => [host],
    start,
    read,
    items: {
      setting: 'ids',
      idOf: (url) =>
        url.hostname === host || (url.hostname === 'chrome.google.com' && url.pathname.startsWith('/webstore/'))
          ? partOf(url.pathname, /\/detail\/(?:[^/]{1,300}\/)?([a-p]{32})\/?$/)
          : null,
      addressOf: (id) => `${store}/detail/${id}`,
    },
  },
  idInUrl,
);

function start(settings: ConnectorSettings): readonly CrawlRequest[] {
  onlyFields(settings, ['ids', 'sitemap', 'language']);
  const language = textSetting(settings, 'language', languagePattern) ?? 'en';
  const ids = textsSetting(settings, 'ids', idPattern);
  const items = ids.map((id) => itemRequest(id, null, language));
  return flagSetting(settings, 'sitemap', ids.length === 0)
    ? [sitemapRequest(`${store}/sitemap`, language), ...items]
    : items;
}

const languagePattern = /^[a-z]{2}(?:-[A-Za-z0-9]{2,8})?$/;

function sitemapRequest(url: string, language: string): CrawlRequest {
  return { key: url, kind: 'index', method: 'GET', url, headers: { 'accept-language': language } };
}

/** One key for an item, whatever its name is at the moment: any slug leads to it. */
function itemRequest(id: string, slug: string | null, language: string): CrawlRequest {
  const url = `${store}/detail/${slug === null ? '' : `${slug}/`}${id}?hl=${language}`;
  return { key: `${store}/detail/${id}`, kind: 'item', method: 'GET', url, externalId: id };
}

function read(page: Page): PageReading {
  if (page.request.kind === 'index') return readIndex(page);
  const requested = page.request.externalId ?? idInUrl(page.request.url) ?? idInUrl(page.url);
  if ((page.status === 404 || page.status === 410) && requested !== null)
    return { requests: [], plugins: [gone(requested, { state: 'unavailable', reason: 'not found' })] };
  if (page.status !== 200) throw new UnreadablePage(`It was answered with status ${page.status}.`);
  const text = pageText(page);
  return { requests: [], plugins: [readManifestFile(text, requested) ?? readItem(text, requested)] };
}

function readIndex(page: Page): PageReading {
  if (page.status !== 200) throw new UnreadablePage(`The sitemap was answered with status ${page.status}.`);
  const { sitemaps, urls } = readSitemap(page);
  const language = page.request.headers?.['accept-language'] ?? 'en';
  const shards = sitemaps
    .filter((url) => url.startsWith(`${store}/sitemap`))
    .map((url) => sitemapRequest(url, language));
  const items = new Map<string, CrawlRequest>();
  for (const url of urls) {
    const [, slug, id] = itemAddress.exec(url) ?? [];
    if (id !== undefined && !items.has(id)) items.set(id, itemRequest(id, slug ?? null, language));
  }
  // a sitemap of other things only is another shape, not a store without items
  if (urls.length > 0 && items.size === 0) throw new UnreadablePage('The sitemap names no item of the store.');
  return { requests: [...shards, ...items.values()], plugins: [] };
}

const itemAddress = new RegExp(`^${store.replaceAll('.', '\\.')}/detail/(?:([^/?#]{1,300})/)?([a-p]{32})(?:[?#]|$)`);
