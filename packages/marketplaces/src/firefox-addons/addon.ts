import type { ReadPlugin } from '../connector.ts';
import type { Developer, Pricing, UserCount } from '../plugin-facts.ts';
import { assemble, first } from '../reading/assemble.ts';
import { readDate } from '../reading/dates.ts';
import { htmlText } from '../reading/html-text.ts';
import { at, entriesAt, listAt, numberAt, textAt, textsAt } from '../reading/json.ts';
import { exactCount } from '../reading/numbers.ts';
import { ratingOf } from '../reading/ratings.ts';
import { localized } from './localized.ts';

/** An add-on in the present shape of the API or in that of version 4; null for what is none. */
export function readAddon(addon: unknown): ReadPlugin | null {
  const id = numberAt(addon, 'id');
  const slug = textAt(addon, 'slug');
  if (id === null || !Number.isSafeInteger(id) || slug === null) return null;
  const text = (field: string) => localized(at(addon, field), textAt(addon, 'default_locale'));
  const api = <T>(value: T | null) => first(['api', value]);
  const description = text('description');
  const count = exactCount(numberAt(addon, 'ratings', 'count'));
  const file = fileOf(addon);
  const availability =
    at(addon, 'is_disabled') === true
      ? ({ state: 'closed', reason: 'disabled by its developer', closedOn: null } as const)
      : ({ state: 'available' } as const);
  return assemble(String(id), availability, {
    name: api(text('name')),
    slug: api(slug),
    url: api(textAt(addon, 'url')),
    logoUrl: api(textAt(addon, 'icon_url')),
    featuredImageUrl: api(textAt(addon, 'previews', 0, 'image_url')),
    summary: api(text('summary')),
    description: api(description === null ? null : htmlText(description)),
    developer: api(developerOf(addon)),
    categories: api(categoriesOf(addon)),
    tags: api(textsAt(addon, 'tags')),
    permissions: api(permissionsOf(file)),
    worksWith: api(hostsOf(addon)),
    version: api(textAt(addon, 'current_version', 'version')),
    sizeBytes: api(exactCount(numberAt(file, 'size'))),
    users: api(usersOf(addon)),
    rating: api(ratingOf(numberAt(addon, 'ratings', 'average'), { count: count?.value ?? null })),
    ratingCount: api(count),
    pricing: api(pricingOf(addon)),
    featured: api(featuredOf(addon)),
    websiteUrl: api(linkOf(addon, 'homepage')),
    supportUrl: api(linkOf(addon, 'support_url')),
    createdAt: api(dateOf(addon, 'created')),
    updatedAt: api(dateOf(addon, 'last_updated')),
  });
}

function dateOf(addon: unknown, field: string): string | null {
  return readDate(textAt(addon, field) ?? '');
}

function usersOf(addon: unknown): UserCount | null {
  const count = exactCount(numberAt(addon, 'average_daily_users'));
  return count && { ...count, metric: 'average_daily_users' };
}

/** Until version 5 a version had a list of files. */
function fileOf(addon: unknown): unknown {
  return at(addon, 'current_version', 'file') ?? at(addon, 'current_version', 'files', 0);
}

function permissionsOf(file: unknown): readonly string[] | null {
  const permissions = textsAt(file, 'permissions');
  return permissions && [...permissions, ...(textsAt(file, 'host_permissions') ?? [])];
}

function developerOf(addon: unknown): Developer | null {
  const name = textAt(addon, 'authors', 0, 'name');
  const id = numberAt(addon, 'authors', 0, 'id');
  return name === null ? null : { name, publisherId: id === null ? null : String(id), website: null };
}

/** A list; until version 5 an object of lists by application. */
function categoriesOf(addon: unknown): readonly string[] | null {
  const categories = textsAt(addon, 'categories');
  if (categories !== null) return categories;
  const byApp = entriesAt(addon, 'categories');
  return byApp.length > 0 ? byApp.flatMap(([, names]) => textsAt(names) ?? []) : null;
}

function hostsOf(addon: unknown): readonly string[] | null {
  const hosts = entriesAt(addon, 'current_version', 'compatibility').map(([host]) => host);
  return hosts.length > 0 ? hosts : null;
}

/** A link with its own and an outgoing address; until version 5 only one. */
function linkOf(addon: unknown, field: string): string | null {
  const link = at(addon, field);
  const locale = textAt(addon, 'default_locale');
  return localized(at(link, 'url'), locale) ?? localized(link, locale);
}

/** `requires_payment`: it needs payment, or services or devices that cost. */
function pricingOf(addon: unknown): Pricing | null {
  const requires = at(addon, 'requires_payment');
  if (typeof requires !== 'boolean') return null;
  return { kind: requires ? 'free_with_paid_features' : 'free', text: null, lowestPaidTier: null };
}

const featuring = new Set(['recommended', 'line', 'spotlight', 'strategic']);

/** A list; for a while one object; null or [] for what is not promoted. */
function featuredOf(addon: unknown): boolean | null {
  const promoted = at(addon, 'promoted');
  if (promoted === undefined) return null;
  const groups = listAt(promoted) ?? [promoted];
  return groups.some((group) => featuring.has(textAt(group, 'category') ?? ''));
}
