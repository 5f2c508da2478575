import { type ReadPlugin, UnreadablePage } from '../connector.ts';
import { normalUrl } from '../normalising/urls.ts';
import type { Availability, Developer, FactField, FieldOrigin, PluginFacts, Quantity } from '../plugin-facts.ts';
import { isEmail, withoutEmails } from './emails.ts';
import { blockOf, lineOf, textLimits } from './text.ts';

/** What was found for a field, and where. */
export interface Found<T> {
  readonly value: T;
  readonly origin: FieldOrigin;
}

type Candidate<T> = readonly [origin: FieldOrigin, value: T | null | undefined];

/** The first of the places that holds the field, best place first. */
export function first<T>(...candidates: readonly Candidate<T>[]): Found<T> | null {
  for (const [origin, value] of candidates) if (value !== null && value !== undefined) return { value, origin };
  return null;
}

/** Undefined: the page has no place for the field. Null: it has, and nothing was found there. */
export type FoundFields = { readonly [F in FactField]?: Found<NonNullable<PluginFacts[F]>> | null | undefined };

const maxIdLength = 500;

/**
 * Makes facts of what a connector found: cleaned, capped (`textLimits`), without e-mail addresses. A field that the
 * connector did not name has no origin; one that it named and did not find has the origin null. Throws UnreadablePage for
 * an id that cannot be one.
 */
export function assemble(externalId: string, availability: Availability, fields: FoundFields): ReadPlugin {
  if (externalId.length > maxIdLength || lineOf(externalId, maxIdLength) !== externalId)
    throw new UnreadablePage('The id of a plugin is none.');
  const cleaned = <F extends FactField>(field: F): PluginFacts[F] | null => {
    const found: FoundFields[F] = fields[field];
    return found ? cleaners[field](found.value) : null;
  };
  const facts: PluginFacts = {
    externalId,
    availability,
    name: cleaned('name'),
    slug: cleaned('slug'),
    url: cleaned('url'),
    logoUrl: cleaned('logoUrl'),
    featuredImageUrl: cleaned('featuredImageUrl'),
    summary: cleaned('summary'),
    description: cleaned('description'),
    developer: cleaned('developer'),
    categories: cleaned('categories'),
    tags: cleaned('tags'),
    permissions: cleaned('permissions'),
    worksWith: cleaned('worksWith'),
    languages: cleaned('languages'),
    version: cleaned('version'),
    manifestVersion: cleaned('manifestVersion'),
    sizeBytes: cleaned('sizeBytes'),
    users: cleaned('users'),
    rating: cleaned('rating'),
    ratingCount: cleaned('ratingCount'),
    pricing: cleaned('pricing'),
    featured: cleaned('featured'),
    websiteUrl: cleaned('websiteUrl'),
    supportUrl: cleaned('supportUrl'),
    privacyPolicyUrl: cleaned('privacyPolicyUrl'),
    createdAt: cleaned('createdAt'),
    updatedAt: cleaned('updatedAt'),
  };
  const origins: Partial<Record<FactField, FieldOrigin | null>> = {};
  for (const field of factFields)
    if (fields[field] !== undefined) origins[field] = facts[field] === null ? null : (fields[field]?.origin ?? null);
  return { facts, origins };
}

/** A plugin of which a source says nothing but that it is not to be had. */
export function gone(externalId: string, availability: Availability): ReadPlugin {
  return assemble(externalId, availability, {});
}

type Cleaners = { readonly [F in FactField]: (value: NonNullable<PluginFacts[F]>) => PluginFacts[F] };

const line = (limit: number) => (text: string) => lineOf(withoutEmails(text), limit);
const address = (text: string) => normalUrl(text);
const quantity = <Q extends Quantity>(value: Q): Q | null =>
  Number.isSafeInteger(value.value) && value.value >= 0 ? value : null;
const texts = (entries: readonly string[]): readonly string[] => {
  const lines = entries.slice(0, textLimits.entries).map(line(textLimits.line));
  return [...new Set(lines.filter((entry) => entry !== null))];
};
const same = <T>(value: T): T => value;

const cleaners: Cleaners = {
  name: (text) => (isEmail(text) ? null : line(textLimits.name)(text)),
  slug: line(textLimits.name),
  url: address,
  logoUrl: address,
  featuredImageUrl: address,
  summary: line(textLimits.summary),
  description: (text) => blockOf(withoutEmails(text.slice(0, textLimits.description * 4)), textLimits.description),
  developer: cleanDeveloper,
  categories: texts,
  tags: texts,
  permissions: texts,
  worksWith: texts,
  languages: texts,
  version: line(textLimits.version),
  manifestVersion: (value) => (Number.isInteger(value) && value >= 1 && value <= 99 ? value : null),
  sizeBytes: quantity,
  users: quantity,
  rating: (value) => (value >= 0 && value <= 5 ? value : null),
  ratingCount: quantity,
  pricing: (pricing) => ({ ...pricing, text: pricing.text === null ? null : line(textLimits.line)(pricing.text) }),
  featured: same,
  websiteUrl: address,
  supportUrl: address,
  privacyPolicyUrl: address,
  createdAt: same,
  updatedAt: same,
};

const factFields = Object.keys(cleaners).filter(isFactField);

function isFactField(key: string): key is FactField {
  return Object.hasOwn(cleaners, key);
}

function cleanDeveloper({ name, publisherId, website }: Developer): Developer | null {
  const cleaned = isEmail(name) ? null : line(textLimits.name)(name);
  if (cleaned === null) return null;
  return {
    name: cleaned,
    publisherId: publisherId === null ? null : line(textLimits.name)(publisherId),
    website: website === null ? null : normalUrl(website),
  };
}
