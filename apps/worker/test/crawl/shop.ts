import {
  type Connector,
  ConnectorSettingsError,
  type CrawlRequest,
  type PluginFacts,
  UnreadablePage,
} from '@granary/marketplaces';
import { z } from 'zod';

/** A marketplace as simple as can be: an index of JSON that names items and further indexes, and an item a page. */
const page = z.object({
  pages: z.array(z.string()).default([]),
  items: z.array(z.string()).default([]),
  plugin: z
    .object({ id: z.string(), name: z.string().nullish(), users: z.number().nullish(), version: z.string().nullish() })
    .optional(),
});
const settings = z.object({ url: z.url(), hosts: z.array(z.string()).optional() });

const parseSettings = (given: unknown) => {
  const parsed = settings.safeParse(given);
  if (!parsed.success) throw new ConnectorSettingsError('url: an address');
  return parsed.data;
};

const ask = (kind: CrawlRequest['kind'], url: string): CrawlRequest => ({ key: url, kind, method: 'GET', url });

export const shop: Connector = {
  name: 'shop',
  label: 'A shop',
  parserVersion: 1,
  crawledByDefault: true,
  hosts: (given) => parseSettings(given).hosts ?? [new URL(parseSettings(given).url).hostname],
  start: (given) => [ask('index', parseSettings(given).url)],
  read({ request, url, status, body }) {
    if (status !== 200) {
      const id = new URL(request.url).pathname.slice(1);
      return { requests: [], plugins: [{ facts: { ...nothing(id), availability: gone }, origins: {} }] };
    }
    const parsed = page.safeParse(readJson(body));
    if (!parsed.success) throw new UnreadablePage('this is no page of the shop');
    const { pages, items, plugin } = parsed.data;
    const absolute = (path: string) => new URL(path, url).href;
    return {
      requests: [
        ...pages.map((path) => ask('index', absolute(path))),
        ...items.map((path) => ask('item', absolute(path))),
      ],
      plugins: plugin ? [readPlugin(plugin)] : [],
    };
  },
};

const gone = { state: 'unavailable', reason: null } as const;

function readPlugin({ id, name = null, users = null, version = null }: NonNullable<z.infer<typeof page>['plugin']>) {
  const origin = (value: unknown) => (value === null ? null : ('api' as const));
  return {
    facts: {
      ...nothing(id),
      name,
      version,
      users: users === null ? null : { value: users, bound: 'exact' as const, metric: 'installs' as const },
    },
    origins: { name: origin(name), users: origin(users), version: origin(version) },
  };
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

const nothing = (externalId: string): PluginFacts => ({
  externalId,
  availability: { state: 'available' },
  name: null,
  slug: null,
  url: null,
  logoUrl: null,
  featuredImageUrl: null,
  summary: null,
  description: null,
  developer: null,
  categories: null,
  tags: null,
  permissions: null,
  worksWith: null,
  languages: null,
  version: null,
  manifestVersion: null,
  sizeBytes: null,
  users: null,
  rating: null,
  ratingCount: null,
  pricing: null,
  featured: null,
  websiteUrl: null,
  supportUrl: null,
  privacyPolicyUrl: null,
  createdAt: null,
  updatedAt: null,
});
