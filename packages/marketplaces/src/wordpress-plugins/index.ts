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
import { listAt, numberAt, parseJson, textAt } from '../reading/json.ts';
import { readEach } from '../reading/read-each.ts';
import { choiceSetting, onlyFields, textSetting, textsSetting, wholeSetting } from '../settings.ts';
import { readClosed } from './closed.ts';
import { readPlugin } from './plugin.ts';

const host = 'api.wordpress.org';
const endpoint = `https://${host}/plugins/info/1.2/`;
const slugPattern = /^[\w-]{1,200}$/;
/** The server answers no page beyond it. */
const maxPage = 999;

/** The plugin directory of WordPress.org, by version 1.2 of its API. */
export const wordpressPlugins: Connector = {
  name: 'wordpress-plugins',
  label: 'WordPress.org plugins',
  parserVersion: 1,
  crawledByDefault: true,
  hosts: () => [host],
  start,
  read,
  items: {
    setting: 'slugs',
    // also of the directory in another language: de.wordpress.org
    idOf: ({ hostname, pathname }) =>
      /^(?:[a-z-]{2,12}\.)?wordpress\.org$/.test(hostname)
        ? (partOf(pathname, /^\/plugins\/([^/]{1,200})\/?$/)?.toLowerCase() ?? null)
        : null,
    addressOf: (slug) => `https://wordpress.org/plugins/${slug}/`,
  },
};

function start(settings: ConnectorSettings): readonly CrawlRequest[] {
  onlyFields(settings, ['slugs', 'browse', 'search', 'tag', 'author', 'perPage']);
  const slugs = textsSetting(settings, 'slugs', slugPattern);
  if (slugs.length > 0) return slugs.map(informationRequest);
  const search = textSetting(settings, 'search');
  const tag = textSetting(settings, 'tag', slugPattern);
  const author = textSetting(settings, 'author', slugPattern);
  const browse = choiceSetting(settings, 'browse', ['popular', 'new', 'updated', 'top-rated', 'featured'], 'popular');
  const query =
    search !== undefined || tag !== undefined || author !== undefined ? { search, tag, author } : { browse };
  const perPage = wholeSetting(settings, 'perPage', { min: 1, max: 250, otherwise: 100 });
  return [listRequest({ action: 'query_plugins', ...query, per_page: String(perPage), page: '1' })];
}

function informationRequest(slug: string): CrawlRequest {
  const url = addressOf({
    action: 'plugin_information',
    slug,
    fields: 'active_installs,icons,banners,short_description,-reviews,-versions,-contributors',
  });
  return { key: url, kind: 'item', method: 'GET', url, externalId: slug };
}

function listRequest(parameters: Readonly<Record<string, string | undefined>>): CrawlRequest {
  const url = addressOf(parameters);
  return { key: url, kind: 'index', method: 'GET', url };
}

function addressOf({ action, ...request }: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  if (action !== undefined) query.set('action', action);
  for (const [name, value] of Object.entries(request)) if (value !== undefined) query.set(`request[${name}]`, value);
  return `${endpoint}?${query}`;
}

function read(page: Page): PageReading {
  const answer = parseJson(pageText(page));
  if (page.request.kind === 'index') return readList(page, answer);
  const closed = readClosed(page, answer);
  if (closed !== null) return { requests: [], plugins: [closed] };
  if (page.status !== 200) return { requests: [], plugins: refused(page, answer) };
  const plugin = readPlugin(answer);
  if (plugin === null) throw new UnreadablePage('It is no plugin.');
  return { requests: [], plugins: [plugin] };
}

function refused(page: Page, answer: unknown): readonly ReturnType<typeof gone>[] {
  const { externalId } = page.request;
  if (externalId === undefined || page.status !== 404)
    throw new UnreadablePage(`It was answered with status ${page.status}.`);
  return [gone(externalId, { state: 'unavailable', reason: textAt(answer, 'error')?.slice(0, 200) ?? 'not found' })];
}

function readList(page: Page, answer: unknown): PageReading {
  const listed = listAt(answer, 'plugins');
  if (page.status !== 200 || listed === null) throw new UnreadablePage('It is no list of plugins.');
  const plugins = readEach(listed, readPlugin);
  return { requests: listed.length > 0 ? nextPage(page.request, numberAt(answer, 'info', 'pages') ?? 0) : [], plugins };
}

/** By the page that was asked for, so that an answer cannot lead in circles. */
function nextPage(request: CrawlRequest, pages: number): readonly CrawlRequest[] {
  const url = new URL(request.url);
  const next = Number(url.searchParams.get('request[page]')) + 1;
  if (!(next >= 2 && next <= Math.min(pages, maxPage))) return [];
  url.searchParams.set('request[page]', String(next));
  return [{ key: url.href, kind: 'index', method: 'GET', url: url.href }];
}
