import type { Connector, ConnectorSettings, CrawlRequest, Page, PageReading } from '../connector.ts';
import { UnreadablePage } from '../connector.ts';
import { partOf } from '../items.ts';
import { pageText } from '../reading/decode.ts';
import { listAt, numberAt, parseJson, textAt } from '../reading/json.ts';
import { readEach } from '../reading/read-each.ts';
import { choiceSetting, onlyFields, textSetting, textsSetting, wholeSetting } from '../settings.ts';
import { readAddon } from './addon.ts';
import { readRefusal } from './refusal.ts';

const host = 'addons.mozilla.org';
const api = `https://${host}/api/v5/addons`;
/** What the API allows: https://mozilla.github.io/addons-server/topics/api/addons.html */
const maxPageSize = 50;

/** Mozilla's add-ons, by version 5 of its API, which its terms leave to everybody. */
export const firefoxAddons: Connector = {
  name: 'firefox-addons',
  label: 'Firefox Add-ons',
  parserVersion: 1,
  crawledByDefault: true,
  hosts: () => [host],
  start,
  read,
  items: {
    setting: 'addons',
    idOf: ({ hostname, pathname }) =>
      hostname === host
        ? partOf(pathname, /^\/(?:[a-zA-Z-]{2,8}\/)?(?:(?:firefox|android)\/)?addon\/([^/]{1,300})\/?$/)
        : null,
    addressOf: (id) => `https://${host}/firefox/addon/${encodeURIComponent(id)}/`,
  },
};

function start(settings: ConnectorSettings): readonly CrawlRequest[] {
  onlyFields(settings, ['addons', 'types', 'app', 'query', 'category', 'tag', 'sort', 'minimumUsers', 'pageSize']);
  const addons = textsSetting(settings, 'addons', /^[\w{}@.+-]{1,255}$/);
  if (addons.length > 0) return addons.map(addonRequest);
  const types = textsSetting(settings, 'types', /^(?:extension|statictheme|dictionary|language)$/);
  return (types.length > 0 ? types : ['extension']).map((type) => searchRequest(settings, type));
}

function addonRequest(id: string): CrawlRequest {
  const url = `${api}/addon/${encodeURIComponent(id)}/`;
  return { key: url, kind: 'item', method: 'GET', url, ...(/^\d+$/.test(id) ? { externalId: id } : {}) };
}

/** Most used first: what a search finds is cut off after a number of pages, and these are to be among it. */
function searchRequest(settings: ConnectorSettings, type: string): CrawlRequest {
  const minimumUsers = wholeSetting(settings, 'minimumUsers', { min: 0, max: 1e9, otherwise: 0 });
  const parameters: readonly (readonly [string, string | undefined])[] = [
    ['app', choiceSetting(settings, 'app', ['firefox', 'android'], 'firefox')],
    ['type', type],
    ['category', textSetting(settings, 'category', /^[a-z0-9-]{1,60}$/)],
    ['tag', textSetting(settings, 'tag', /^[^\0]{1,60}$/)],
    ['q', textSetting(settings, 'query', /^[^\0]{1,100}$/)],
    ['users__gte', minimumUsers > 0 ? String(minimumUsers) : undefined],
    [
      'sort',
      choiceSetting(settings, 'sort', ['users', 'created', 'updated', 'rating', 'hotness', 'downloads'], 'users'),
    ],
    ['page_size', String(wholeSetting(settings, 'pageSize', { min: 1, max: maxPageSize, otherwise: maxPageSize }))],
    ['page', '1'],
  ];
  const query = new URLSearchParams();
  for (const [name, value] of parameters) if (value !== undefined) query.set(name, value);
  const url = `${api}/search/?${query}`;
  return { key: url, kind: 'index', method: 'GET', url };
}

function read(page: Page): PageReading {
  if (page.status !== 200) return { requests: [], plugins: readRefusal(page) };
  const answer = parseJson(pageText(page));
  const results = listAt(answer, 'results');
  if (results === null) {
    const addon = readAddon(answer);
    if (addon === null) throw new UnreadablePage('It is neither an add-on nor a list of add-ons.');
    return { requests: [], plugins: [addon] };
  }
  const plugins = readEach(results, readAddon);
  return { requests: nextPage(answer), plugins };
}

function nextPage(answer: unknown): readonly CrawlRequest[] {
  const next = textAt(answer, 'next');
  const pages = numberAt(answer, 'page_count');
  if (next === null || pages === 0) return [];
  const url = URL.parse(next)?.href;
  return url?.startsWith(`${api}/search/?`) ? [{ key: url, kind: 'index', method: 'GET', url }] : [];
}
