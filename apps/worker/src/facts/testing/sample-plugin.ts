import type { FactField, FieldOrigin, PluginFacts, ReadPlugin } from '@granary/marketplaces';

const nothing: PluginFacts = {
  externalId: 'sample',
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
};

/** What a page says that has a place for the given fields, in `place`, and for those of `empty`, where nothing stood. */
export function samplePlugin(
  facts: Partial<PluginFacts>,
  empty: readonly FactField[] = [],
  place: FieldOrigin = 'api',
): ReadPlugin {
  const origins: Partial<Record<string, FieldOrigin | null>> = Object.fromEntries([
    ...Object.keys(facts).map((field) => [field, place] as const),
    ...empty.map((field) => [field, null] as const),
  ]);
  return { facts: { ...nothing, ...facts }, origins };
}
