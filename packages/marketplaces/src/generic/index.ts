import {
  type Connector,
  type ConnectorSettings,
  ConnectorSettingsError,
  type CrawlRequest,
  type Page,
  type PageReading,
  UnreadablePage,
} from '../connector.ts';
import { normalUrl } from '../normalising/urls.ts';
import { gone } from '../reading/assemble.ts';
import { pageText } from '../reading/decode.ts';
import { readSitemap } from '../reading/sitemap.ts';
import { onlyFields, textsSetting } from '../settings.ts';
import { withHistory } from '../wayback/history.ts';
import { readListing } from './listing.ts';

/**
 * Any site whose pages describe themselves: what a sitemap or a list names, read by schema.org's data, OpenGraph and the
 * page's head.
 */
export const generic: Connector = withHistory(
  {
    name: 'generic',
    label: 'Web pages',
    parserVersion: 1,
    crawledByDefault: true,
    hosts: (settings) => [...new Set(startAddresses(settings).all.map((url) => new URL(url).hostname))],
    start,
    read,
    items: { setting: 'urls', idOf: ({ href }) => normalUrl(href), addressOf: (url) => url },
  },
  (address) => normalUrl(address),
);

/** An address is what a plugin of such a site goes by. */
const maxAddress = 500;

const addressPattern = /^https:\/\/[^\s]{1,2000}$/;

function startAddresses(settings: ConnectorSettings) {
  onlyFields(settings, ['urls', 'sitemaps', 'paths']);
  const addresses = (name: string) =>
    textsSetting(settings, name, addressPattern).map((text) => {
      const url = normalUrl(text);
      if (url === null || url.length > maxAddress)
        throw new ConnectorSettingsError(`${name}: ${text.slice(0, 60)} is no public web address, or too long.`);
      return url;
    });
  const urls = addresses('urls');
  const sitemaps = addresses('sitemaps');
  if (urls.length + sitemaps.length === 0)
    throw new ConnectorSettingsError('urls: neither these nor sitemaps are given.');
  return { urls, sitemaps, all: [...urls, ...sitemaps] };
}

/** Paths that a sitemap's entries must begin with, carried from request to request in the fragment of the sitemap's key. */
function start(settings: ConnectorSettings): readonly CrawlRequest[] {
  const { urls, sitemaps } = startAddresses(settings);
  const paths = textsSetting(settings, 'paths', /^\/[^\s?#,]{0,500}$/);
  return [...sitemaps.map((url) => sitemapRequest(url, paths)), ...urls.map(itemRequest)];
}

function sitemapRequest(url: string, paths: readonly string[]): CrawlRequest {
  return { key: paths.length === 0 ? url : `${url}#paths=${paths.join(',')}`, kind: 'index', method: 'GET', url };
}

/** A plugin of such a site is its page. */
function itemRequest(url: string): CrawlRequest {
  return { key: url, kind: 'item', method: 'GET', url, externalId: url };
}

function read(page: Page): PageReading {
  if (page.request.kind === 'index') return readIndex(page);
  const externalId = page.request.externalId ?? normalUrl(page.request.url);
  if (externalId === null) throw new UnreadablePage('Its address is not a public one.');
  if (page.status === 404 || page.status === 410 || page.status === 451)
    return { requests: [], plugins: [gone(externalId, { state: 'unavailable', reason: `status ${page.status}` })] };
  if (page.status !== 200) throw new UnreadablePage(`It was answered with status ${page.status}.`);
  return { requests: [], plugins: [readListing(pageText(page), externalId)] };
}

function readIndex(page: Page): PageReading {
  if (page.status !== 200) throw new UnreadablePage(`The sitemap was answered with status ${page.status}.`);
  const { sitemaps, urls } = readSitemap(page);
  const { hostname } = new URL(page.request.url);
  const paths = /#paths=(.*)$/s.exec(page.request.key)?.[1]?.split(',') ?? [];
  const here = (text: string) => {
    const url = normalUrl(text);
    return url !== null && url.length <= maxAddress && new URL(url).hostname === hostname ? [url] : [];
  };
  const wanted = (url: string) => paths.length === 0 || paths.some((path) => new URL(url).pathname.startsWith(path));
  return {
    requests: [
      ...sitemaps.flatMap(here).map((url) => sitemapRequest(url, paths)),
      ...[...new Set(urls.flatMap(here).filter(wanted))].map(itemRequest),
    ],
    plugins: [],
  };
}
