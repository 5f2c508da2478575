import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ConnectorSettings } from '../connector.ts';

/** An answer to one request, as a file among the fixtures. */
export interface FixtureRoute {
  readonly method: 'GET' | 'POST';
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  /** What a POST must send, as JSON; other routes may answer the same address for another. */
  readonly body?: unknown;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Below the folder of fixtures. */
  readonly file: string;
}

export const fixtureDays = ['2026-11-01', '2026-11-02', '2026-11-03'] as const;
export type FixtureDay = (typeof fixtureDays)[number];

/** Sources whose crawls ask only for what the fixtures hold. */
export const fixtureSources: readonly { readonly connector: string; readonly settings: ConnectorSettings }[] = [
  { connector: 'chrome-web-store', settings: {} },
  { connector: 'google-workspace', settings: { categories: ['productivity'], sitemap: true } },
  { connector: 'firefox-addons', settings: { pageSize: 3 } },
  { connector: 'wordpress-plugins', settings: { perPage: 3 } },
  { connector: 'vscode-gallery', settings: { pageSize: 2 } },
  { connector: 'open-vsx', settings: {} },
  { connector: 'generic', settings: { sitemaps: ['https://directory.example.com/sitemap.xml.gz'], paths: ['/apps/'] } },
];

export const fixtureFolder = fileURLToPath(new URL('../../fixtures/', import.meta.url));

export function readFixture(file: string): Uint8Array {
  return readFileSync(`${fixtureFolder}${file}`);
}

/**
 * Marketplaces of invented products as they are on one of three days. The numbers move from day to day; on the second day
 * an item is no longer in the Chrome Web Store, and on the third one of its pages has another layout and one is none.
 */
export function fixtureSite(day: FixtureDay = fixtureDays[0]): readonly FixtureRoute[] {
  return [
    ...chromeWebStore(day),
    ...wayback(),
    ...googleWorkspace(day),
    ...firefoxAddons(day),
    ...wordpress(day),
    ...galleries(day),
    ...directory(day),
  ];
}

const types = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  xml: 'application/xml',
  txt: 'text/plain',
  gz: 'application/gzip',
} as const;

function route(host: string, target: string, file: string, more: Partial<FixtureRoute> = {}): FixtureRoute {
  const extension = Object.entries(types).find(([name]) => file.endsWith(`.${name}`));
  return {
    method: 'GET',
    host,
    target,
    status: 200,
    headers: { 'content-type': extension?.[1] ?? 'application/octet-stream' },
    file,
    ...more,
  };
}

/** Of the items that the sitemap's shards name. */
const storeItems: Readonly<Record<string, string>> = {
  'tidy-tabs': 'ofadgkplmhbecinjofadgkplmhbecinj',
  'quill-notes': 'kcbjeoamnfhdlpigkcbjeoamnfhdlpig',
  'pixel-ruler': 'hgfedcbaponmlkjihgfedcbaponmlkji',
  'vanished-helper': 'mmnnooppaabbccddeeffgghhiijjkkll',
  'harbor-sync': 'pabcdefghijklmnopabcdefghijklmno',
  'lost-layout': 'ddccbbaahhggffeellkkjjiipponnmmo',
};

function chromeWebStore(day: FixtureDay): readonly FixtureRoute[] {
  const host = 'chromewebstore.google.com';
  const items = Object.entries(storeItems).flatMap(([slug, id]) => {
    const file = `chrome-web-store/${day}/${slug}.html`;
    return [route(host, `/detail/${slug}/${id}?hl=en`, file), route(host, `/detail/${id}?hl=en`, file)];
  });
  return [
    route(host, '/robots.txt', 'chrome-web-store/robots.txt'),
    route(host, '/sitemap', 'chrome-web-store/sitemap.xml'),
    route(host, '/sitemap?shard=0', 'chrome-web-store/sitemap-0.xml'),
    route(host, '/sitemap?shard=1', 'chrome-web-store/sitemap-1.xml'),
    ...items,
  ];
}

/** Earlier pages of one of the items. */
function wayback(): readonly FixtureRoute[] {
  const host = 'web.archive.org';
  const address = `https://chromewebstore.google.com/detail/tidy-tabs/${storeItems['tidy-tabs']}`;
  const index = new URLSearchParams({ url: address, output: 'json', collapse: 'digest', filter: 'statuscode:200' });
  return [
    route(host, '/robots.txt', 'wayback/robots.txt'),
    route(host, `/cdx/search/cdx?${index}`, 'wayback/tidy-tabs-cdx.json'),
    ...['20240301120000', '20250201080000'].map((time) =>
      route(host, `/web/${time}id_/${address}`, `wayback/tidy-tabs-${time}.html`),
    ),
  ];
}

function googleWorkspace(day: FixtureDay): readonly FixtureRoute[] {
  const host = 'workspace.google.com';
  const apps = { ledger_for_sheets: '100200300400', room_planner: '555666777888', quiet_mailer: '999000111222' };
  return [
    route(host, '/robots.txt', 'google-workspace/robots.txt'),
    route(host, '/marketplace/sitemap.xml', 'google-workspace/sitemap.xml'),
    route(host, '/marketplace/category/productivity', 'google-workspace/category-productivity.html'),
    ...Object.entries(apps).map(([slug, id]) =>
      route(host, `/marketplace/app/${slug}/${id}`, `google-workspace/${day}/${slug}.html`),
    ),
  ];
}

function firefoxAddons(day: FixtureDay): readonly FixtureRoute[] {
  const host = 'addons.mozilla.org';
  const api = '/api/v5/addons';
  return [
    route(host, '/robots.txt', 'firefox-addons/robots.txt'),
    route(
      host,
      `${api}/search/?app=firefox&type=extension&sort=users&page_size=3&page=1`,
      `firefox-addons/${day}/search-1.json`,
    ),
    // in the order in which the server itself names the parameters of the next page
    route(
      host,
      `${api}/search/?app=firefox&page=2&page_size=3&sort=users&type=extension`,
      `firefox-addons/${day}/search-2.json`,
    ),
    route(host, `${api}/addon/gentle-blocker/`, 'firefox-addons/detail.json'),
    route(host, `${api}/addon/700008/`, 'firefox-addons/disabled.json', { status: 401 }),
    route(host, `${api}/addon/700009/`, 'firefox-addons/not-found.json', { status: 404 }),
  ];
}

function wordpress(day: FixtureDay): readonly FixtureRoute[] {
  const host = 'api.wordpress.org';
  const asked = (parameters: Readonly<Record<string, string>>) =>
    `/plugins/info/1.2/?${new URLSearchParams(parameters)}`;
  const query = (page: number) =>
    asked({
      action: 'query_plugins',
      'request[browse]': 'popular',
      'request[per_page]': '3',
      'request[page]': String(page),
    });
  const information = (slug: string) =>
    asked({
      action: 'plugin_information',
      'request[slug]': slug,
      'request[fields]': 'active_installs,icons,banners,short_description,-reviews,-versions,-contributors',
    });
  return [
    route(host, '/robots.txt', 'wordpress-plugins/robots.txt'),
    route(host, query(1), `wordpress-plugins/${day}/query-1.json`),
    route(host, query(2), `wordpress-plugins/${day}/query-2.json`),
    route(host, information('garden-forms'), 'wordpress-plugins/information.json'),
    route(host, information('old-bridge'), 'wordpress-plugins/closed.json', { status: 404 }),
    route(host, information('never-was'), 'wordpress-plugins/not-found.json', { status: 404 }),
  ];
}

function galleries(day: FixtureDay): readonly FixtureRoute[] {
  const target = { filterType: 8, value: 'Microsoft.VisualStudio.Code' };
  const published = { filterType: 12, value: '4096' };
  const list = (pageNumber: number, pageSize: number) => ({
    filters: [{ criteria: [target, published], pageNumber, pageSize, sortBy: 4, sortOrder: 0 }],
    assetTypes: [],
    flags: 918,
  });
  const one = (id: string) => ({
    filters: [{ criteria: [{ filterType: 7, value: id }], pageNumber: 1, pageSize: 1, sortBy: 0, sortOrder: 0 }],
    assetTypes: [],
    flags: 918,
  });
  const microsoft = (body: unknown, file: string) =>
    route('marketplace.visualstudio.com', '/_apis/public/gallery/extensionquery', file, { method: 'POST', body });
  return [
    route('marketplace.visualstudio.com', '/robots.txt', 'vscode-gallery/robots.txt'),
    microsoft(list(1, 2), `vscode-gallery/${day}/page-1.json`),
    microsoft(list(2, 2), `vscode-gallery/${day}/page-2.json`),
    microsoft(one('nobody.nothing'), 'vscode-gallery/empty.json'),
    route('open-vsx.org', '/robots.txt', 'open-vsx/robots.txt'),
    route('open-vsx.org', '/vscode/gallery/extensionquery', `open-vsx/${day}/page-1.json`, {
      method: 'POST',
      body: list(1, 100),
    }),
  ];
}

function directory(day: FixtureDay): readonly FixtureRoute[] {
  const host = 'directory.example.com';
  return [
    route(host, '/robots.txt', 'generic/robots.txt'),
    route(host, '/sitemap.xml.gz', 'generic/sitemap.xml.gz'),
    route(host, '/apps/board-room', `generic/${day}/board-room.html`),
    route(host, '/apps/paper-clip', 'generic/paper-clip.html'),
    route(host, '/apps/price-list', `generic/${day}/price-list.html`),
    route(host, '/apps/old-kettle', 'generic/paper-clip.html', { status: 410 }),
  ];
}
