import type { FactField, PluginFacts } from '@granary/marketplaces';
import { soundCount, soundRating, soundText, soundTexts, soundTier } from './sound-values.ts';

/** What is read of a plugin at one time: `availability` is there whenever anything is. */
export type Field = FactField | 'availability';

/** The columns of a plugin that hold a field. */
export const fieldColumns = {
  availability: ['state', 'state_reason', 'closed_on'],
  name: ['name'],
  slug: ['slug'],
  url: ['url'],
  logoUrl: ['logo_url'],
  featuredImageUrl: ['featured_image_url'],
  summary: ['summary'],
  description: ['description'],
  developer: ['developer_name', 'developer_publisher_id', 'developer_website'],
  categories: ['categories'],
  tags: ['tags'],
  permissions: ['permissions'],
  worksWith: ['works_with'],
  languages: ['languages'],
  version: ['version'],
  manifestVersion: ['manifest_version'],
  sizeBytes: ['size_bytes', 'size_at_least'],
  users: ['users', 'users_at_least', 'metric'],
  rating: ['rating'],
  ratingCount: ['rating_count', 'rating_count_at_least'],
  pricing: ['pricing_kind', 'pricing_text', 'price_amount', 'price_currency', 'price_per'],
  featured: ['featured'],
  websiteUrl: ['website_url'],
  supportUrl: ['support_url'],
  privacyPolicyUrl: ['privacy_policy_url'],
  createdAt: ['listed_at'],
  updatedAt: ['listing_updated_at'],
} as const satisfies Record<Field, readonly string[]>;

export type PluginColumn = (typeof fieldColumns)[Field][number];
export type Cell = string | number | boolean | readonly string[] | null;
export type Cells = Readonly<Partial<Record<PluginColumn, Cell>>>;

/** Of those, the ones that a day's snapshot keeps. */
export const snapshotFields = [
  'availability',
  'users',
  'rating',
  'ratingCount',
  'version',
  'pricing',
] as const satisfies readonly Field[];
const notInSnapshots: ReadonlySet<string> = new Set(['state_reason', 'closed_on', 'pricing_text']);

export const columnsOf = (field: Field, of: 'plugin' | 'snapshot'): readonly PluginColumn[] =>
  of === 'plugin' ? fieldColumns[field] : fieldColumns[field].filter((column) => !notInSnapshots.has(column));

const url = (text: string | null) => soundText(text, 2_000);
const isAddress = /\S+@\S+\.\S+/;

/** The facts as columns. What no source can mean (a negative count, a rating of 7) is as if the page did not say it. */
export function toColumns(facts: PluginFacts): Record<PluginColumn, Cell> {
  const users = soundCount(facts.users);
  const ratingCount = soundCount(facts.ratingCount);
  const size = soundCount(facts.sizeBytes);
  const tier = soundTier(facts.pricing?.lowestPaidTier ?? null);
  const { availability, developer } = facts;
  const developerName = soundText(developer?.name ?? null, 300);
  return {
    state: availability.state,
    state_reason: availability.state === 'available' ? null : soundText(availability.reason, 500),
    closed_on: availability.state === 'closed' ? soundText(availability.closedOn, 40) : null,
    name: soundText(facts.name, 500),
    slug: soundText(facts.slug, 500),
    url: url(facts.url),
    logo_url: url(facts.logoUrl),
    featured_image_url: url(facts.featuredImageUrl),
    summary: soundText(facts.summary, 2_000),
    description: soundText(facts.description, 100_000),
    // where a marketplace shows a person's address for a name, it is nobody's here
    developer_name: developerName !== null && isAddress.test(developerName) ? null : developerName,
    developer_publisher_id: soundText(developer?.publisherId ?? null, 300),
    developer_website: url(developer?.website ?? null),
    categories: soundTexts(facts.categories),
    tags: soundTexts(facts.tags),
    permissions: soundTexts(facts.permissions),
    works_with: soundTexts(facts.worksWith),
    languages: soundTexts(facts.languages),
    version: soundText(facts.version, 100),
    manifest_version: Number.isInteger(facts.manifestVersion) ? facts.manifestVersion : null,
    size_bytes: size?.value ?? null,
    size_at_least: size && size.bound === 'at_least',
    users: users?.value ?? null,
    users_at_least: users && users.bound === 'at_least',
    metric: users?.metric ?? null,
    rating: soundRating(facts.rating),
    rating_count: ratingCount?.value ?? null,
    rating_count_at_least: ratingCount && ratingCount.bound === 'at_least',
    pricing_kind: facts.pricing?.kind ?? null,
    pricing_text: soundText(facts.pricing?.text ?? null, 500),
    price_amount: tier?.amount ?? null,
    price_currency: tier?.currency ?? null,
    price_per: tier?.per ?? null,
    featured: facts.featured,
    website_url: url(facts.websiteUrl),
    support_url: url(facts.supportUrl),
    privacy_policy_url: url(facts.privacyPolicyUrl),
    listed_at: soundText(facts.createdAt, 40),
    listing_updated_at: soundText(facts.updatedAt, 40),
  };
}
