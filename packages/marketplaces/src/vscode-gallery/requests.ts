import type { ConnectorSettings, CrawlRequest } from '../connector.ts';
import { choiceSetting, onlyFields, textSetting, textsSetting, wholeSetting } from '../settings.ts';
import type { Gallery } from './index.ts';

/** Of a criterion: what it compares. */
const filterTypes = { category: 5, name: 7, target: 8, search: 10, excludedFlags: 12 } as const;
const unpublished = '4096';
/** Files, categories and tags, properties of versions, addresses of assets, statistics, and the latest version alone. */
const flags = 2 | 4 | 16 | 128 | 256 | 512;
const orders = { installs: 4, updated: 1, published: 10, rating: 12 } as const;

interface Criterion {
  readonly filterType: number;
  readonly value: string;
}

interface Query {
  readonly criteria: readonly Criterion[];
  readonly pageNumber: number;
  readonly pageSize: number;
  readonly sortBy: number;
}

export function startRequests(gallery: Gallery, settings: ConnectorSettings): readonly CrawlRequest[] {
  onlyFields(settings, ['extensions', 'search', 'category', 'sort', 'pageSize']);
  const extensions = textsSetting(settings, 'extensions', /^[\w-]{1,100}\.[\w.-]{1,100}$/);
  if (extensions.length > 0) return extensions.map((id) => extensionRequest(gallery, id));
  const criteria: Criterion[] = [{ filterType: filterTypes.target, value: 'Microsoft.VisualStudio.Code' }];
  const search = textSetting(settings, 'search');
  if (search !== undefined) criteria.push({ filterType: filterTypes.search, value: search });
  const category = textSetting(settings, 'category', /^[\p{L}\p{N} &-]{1,60}$/u);
  if (category !== undefined) criteria.push({ filterType: filterTypes.category, value: category });
  criteria.push({ filterType: filterTypes.excludedFlags, value: unpublished });
  const pageSize = wholeSetting(settings, 'pageSize', { min: 1, max: 200, otherwise: 100 });
  const sortBy = orders[choiceSetting(settings, 'sort', ['installs', 'updated', 'published', 'rating'], 'installs')];
  return [listRequest(gallery, { criteria, pageNumber: 1, pageSize, sortBy })];
}

export function listRequest(gallery: Gallery, query: Query): CrawlRequest {
  return { ...queryRequest(gallery, query), kind: 'index' };
}

function extensionRequest(gallery: Gallery, id: string): CrawlRequest {
  const criteria = [{ filterType: filterTypes.name, value: id }];
  return {
    ...queryRequest(gallery, { criteria, pageNumber: 1, pageSize: 1, sortBy: 0 }),
    kind: 'item',
    externalId: id.toLowerCase(),
  };
}

function queryRequest(gallery: Gallery, { criteria, pageNumber, pageSize, sortBy }: Query): Omit<CrawlRequest, 'kind'> {
  const body = JSON.stringify({
    filters: [{ criteria, pageNumber, pageSize, sortBy, sortOrder: 0 }],
    assetTypes: [],
    flags,
  });
  const asked = [
    ...criteria.map(({ filterType, value }) => `${filterType}=${encodeURIComponent(value)}`),
    `sort=${sortBy}`,
    `size=${pageSize}`,
    `page=${pageNumber}`,
  ];
  return {
    key: `${gallery.endpoint}#${asked.join('&')}`,
    method: 'POST',
    url: gallery.endpoint,
    headers: { 'content-type': 'application/json', accept: 'application/json;api-version=3.0-preview.1' },
    body,
  };
}
