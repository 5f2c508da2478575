import type { ReadPlugin } from '../connector.ts';
import { hostUrl } from '../normalising/urls.ts';
import type { Developer, Pricing, UserCount } from '../plugin-facts.ts';
import { assemble, first } from '../reading/assemble.ts';
import { readDate } from '../reading/dates.ts';
import { at, listAt, numberAt, textAt, textsAt } from '../reading/json.ts';
import { exactCount } from '../reading/numbers.ts';
import { ratingOf } from '../reading/ratings.ts';
import type { Gallery } from './index.ts';

const idPattern = /^[\p{L}\p{N}_-]{1,200}\.[\p{L}\p{N}._-]{1,200}$/u;

/** An extension; null for what is none. Ids are compared without regard to case, so facts hold them in lower case. */
export function readExtension(gallery: Gallery, extension: unknown): ReadPlugin | null {
  const publisher = textAt(extension, 'publisher', 'publisherName');
  const name = textAt(extension, 'extensionName');
  if (publisher === null || name === null) return null;
  const id = `${publisher}.${name}`;
  if (!idPattern.test(id)) return null;
  const api = <T>(value: T | null) => first(['api', value]);
  const version = latestVersion(extension);
  const ratings = statistic(extension, 'ratingcount');
  const unpublished = /\bunpublished\b/i.test(textAt(extension, 'flags') ?? '');
  return assemble(
    id.toLowerCase(),
    unpublished ? { state: 'closed', reason: 'unpublished', closedOn: null } : { state: 'available' },
    {
      name: api(textAt(extension, 'displayName') ?? name),
      slug: api(id),
      url: api(gallery.addressOf(publisher, name)),
      logoUrl: api(
        asset(version, 'Microsoft.VisualStudio.Services.Icons.Default') ??
          asset(version, 'Microsoft.VisualStudio.Services.Icons.Small'),
      ),
      summary: api(textAt(extension, 'shortDescription')),
      developer: api(developerOf(extension)),
      categories: api(textsAt(extension, 'categories')),
      tags: api(textsAt(extension, 'tags')?.filter((tag) => !tag.startsWith('__')) ?? null),
      languages: api(property(version, 'Microsoft.VisualStudio.Code.LocalizedLanguages')?.split(',') ?? null),
      version: api(textAt(version, 'version')),
      users: api(usersOf(extension)),
      rating: api(ratings === null ? null : ratingOf(statistic(extension, 'averagerating'), { count: ratings })),
      ratingCount: api(exactCount(ratings)),
      pricing: api(pricingOf(version)),
      websiteUrl: api(
        property(version, 'Microsoft.VisualStudio.Services.Links.Learn') ??
          property(version, 'Microsoft.VisualStudio.Services.Links.Source'),
      ),
      supportUrl: api(property(version, 'Microsoft.VisualStudio.Services.Links.Support')),
      createdAt: api(readDate(textAt(extension, 'publishedDate') ?? textAt(extension, 'releaseDate') ?? '')),
      updatedAt: api(readDate(textAt(extension, 'lastUpdated') ?? '')),
    },
  );
}

/**
 * The newest that is no preview, else the newest. Builds for several platforms repeat a version; the first stands for them.
 */
function latestVersion(extension: unknown): unknown {
  const versions = listAt(extension, 'versions') ?? [];
  return (
    versions.find((version) => property(version, 'Microsoft.VisualStudio.Code.PreRelease') !== 'true') ?? versions[0]
  );
}

/** Absent when zero, so that absent is unknown. */
function statistic(extension: unknown, name: string): number | null {
  const found = listAt(extension, 'statistics')?.find((entry) => textAt(entry, 'statisticName') === name);
  return numberAt(found, 'value');
}

function usersOf(extension: unknown): UserCount | null {
  const count = exactCount(statistic(extension, 'install'));
  return count && { ...count, metric: 'installs' };
}

function property(version: unknown, key: string): string | null {
  return textAt(
    listAt(version, 'properties')?.find((entry) => textAt(entry, 'key') === key),
    'value',
  );
}

function asset(version: unknown, type: string): string | null {
  return textAt(
    listAt(version, 'files')?.find((file) => textAt(file, 'assetType') === type),
    'source',
  );
}

function developerOf(extension: unknown): Developer | null {
  const name = textAt(extension, 'publisher', 'displayName') ?? textAt(extension, 'publisher', 'publisherName');
  if (name === null) return null;
  const domain = textAt(extension, 'publisher', 'domain');
  const verified = at(extension, 'publisher', 'isDomainVerified') === true;
  return {
    name,
    publisherId: textAt(extension, 'publisher', 'publisherId'),
    website: domain === null || !verified ? null : /^https?:/.test(domain) ? domain : hostUrl(domain),
  };
}

const kinds: ReadonlyMap<string, Pricing['kind']> = new Map([
  ['free', 'free'],
  ['trial', 'free_trial'],
  ['paid', 'paid'],
]);

function pricingOf(version: unknown): Pricing | null {
  const text = property(version, 'Microsoft.VisualStudio.Services.Content.Pricing');
  return text === null ? null : { kind: kinds.get(text.toLowerCase()) ?? 'unknown', text, lowestPaidTier: null };
}
