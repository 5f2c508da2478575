import type { Developer, Pricing, Quantity, UserCount } from '../plugin-facts.ts';
import { readDate } from '../reading/dates.ts';
import type { HtmlPage } from '../reading/html.ts';
import { htmlText } from '../reading/html-text.ts';
import { at, listAt, numberAt, parseJson, textAt, textsAt } from '../reading/json.ts';
import { exactCount, readCount } from '../reading/numbers.ts';
import { ratingOf, readDecimal } from '../reading/ratings.ts';
import { offersOf } from './offers.ts';

const types = new Set(['SoftwareApplication', 'WebApplication', 'MobileApplication', 'Product']);
/** A page has a few; of a graph a few dozen. */
const maxNodes = 1_000;

export interface Described {
  readonly name: string | null;
  readonly description: string | null;
  readonly image: string | null;
  readonly developer: Developer | null;
  readonly categories: readonly string[] | null;
  readonly operatingSystems: readonly string[] | null;
  readonly languages: readonly string[] | null;
  readonly version: string | null;
  readonly rating: number | null;
  readonly ratingCount: Quantity | null;
  readonly users: UserCount | null;
  readonly pricing: Pricing | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

/**
 * The first software or product (https://schema.org/SoftwareApplication) in the page's JSON-LD; null where there is none.
 * Scripts that are no JSON are passed over.
 */
export function readJsonLd(page: HtmlPage): Described | null {
  for (const { type, text } of page.scripts) {
    if (type.trim().toLowerCase() !== 'application/ld+json') continue;
    const node = find(text);
    if (node !== null) return describe(node);
  }
  return null;
}

function find(text: string): unknown {
  let nodes: readonly unknown[];
  try {
    nodes = [parseJson(text)];
  } catch {
    return null;
  }
  for (let level = 0; level < 4; level++) {
    const found = nodes.find((node) => typesOf(node).some((type) => types.has(type)));
    if (found !== undefined) return found;
    nodes = nodes
      .flatMap((node) => [...(listAt(node) ?? []), ...(listAt(node, '@graph') ?? []), at(node, 'mainEntity')])
      .slice(0, maxNodes);
  }
  return null;
}

function typesOf(node: unknown): readonly string[] {
  const type = textAt(node, '@type');
  return type === null ? (textsAt(node, '@type') ?? []) : [type.replace(/^https?:\/\/schema\.org\//, '')];
}

function describe(node: unknown): Described {
  const count = countAt(node, 'aggregateRating', 'ratingCount') ?? countAt(node, 'aggregateRating', 'reviewCount');
  const best = decimalAt(node, 'aggregateRating', 'bestRating') ?? 5;
  return {
    name: plain(textAt(node, 'name')),
    description: plain(textAt(node, 'description')),
    image: textAt(node, 'image') ?? textAt(node, 'image', 0) ?? textAt(node, 'image', 'url') ?? textAt(node, 'logo'),
    developer: developerOf(node),
    categories: list(at(node, 'applicationCategory')) ?? list(at(node, 'category')),
    operatingSystems: list(at(node, 'operatingSystem')),
    languages: list(at(node, 'inLanguage')),
    version: textAt(node, 'softwareVersion'),
    rating: ratingOf(decimalAt(node, 'aggregateRating', 'ratingValue'), { best, count: count?.value ?? null }),
    ratingCount: count,
    users: usersOf(node),
    pricing: offersOf(node),
    createdAt: readDate(textAt(node, 'datePublished') ?? ''),
    updatedAt: readDate(textAt(node, 'dateModified') ?? ''),
  };
}

/** Numbers stand as numbers or as texts. */
export function decimalAt(node: unknown, ...path: readonly (string | number)[]): number | null {
  return numberAt(node, ...path) ?? readDecimal(textAt(node, ...path) ?? '');
}

function countAt(node: unknown, ...path: readonly string[]): Quantity | null {
  return exactCount(numberAt(node, ...path)) ?? readCount(textAt(node, ...path) ?? '');
}

/** A text of several, with commas between them, or a list. */
function list(value: unknown): readonly string[] | null {
  if (typeof value === 'string' && value.trim() !== '') return value.split(/,\s?/).map((entry) => entry.trim());
  return textsAt(value);
}

/** A company, never a person. */
function developerOf(node: unknown): Developer | null {
  for (const field of ['author', 'publisher', 'creator', 'brand', 'manufacturer']) {
    const found = at(node, field, 0) ?? at(node, field);
    const name = typesOf(found).includes('Person') ? null : textAt(found, 'name');
    if (name !== null) return { name, publisherId: null, website: textAt(found, 'url') };
  }
  return null;
}

/** https://schema.org/InstallAction, DownloadAction: how often somebody did. */
function usersOf(node: unknown): UserCount | null {
  for (const counter of listAt(node, 'interactionStatistic') ?? [at(node, 'interactionStatistic')]) {
    const action = textAt(counter, 'interactionType') ?? textAt(counter, 'interactionType', '@type') ?? '';
    const count = countAt(counter, 'userInteractionCount');
    if (/(?:Install|Download)Action$/.test(action) && count !== null) return { ...count, metric: 'installs' };
  }
  return null;
}

function plain(text: string | null): string | null {
  return text === null ? null : htmlText(text);
}
