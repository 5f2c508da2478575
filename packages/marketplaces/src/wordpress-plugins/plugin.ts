import type { ReadPlugin } from '../connector.ts';
import type { Developer, Pricing, UserCount } from '../plugin-facts.ts';
import { assemble, first } from '../reading/assemble.ts';
import { readDate } from '../reading/dates.ts';
import { attributeOf, readHtml } from '../reading/html.ts';
import { htmlText } from '../reading/html-text.ts';
import { at, entriesAt, listAt, numberAt, textAt } from '../reading/json.ts';
import { atLeast, exactCount } from '../reading/numbers.ts';
import { ratingOf } from '../reading/ratings.ts';
import { textLimits } from '../reading/text.ts';

/** In scripts other than Latin a slug is percent-encoded. */
export const slugPattern = /^[\p{L}\p{N}._%-]{1,200}$/u;

/** A plugin as query_plugins lists it and as plugin_information tells it; null for what is none. */
export function readPlugin(plugin: unknown): ReadPlugin | null {
  const slug = textAt(plugin, 'slug');
  const name = textAt(plugin, 'name');
  if (slug === null || name === null || !slugPattern.test(slug)) return null;
  const api = <T>(value: T | null) => first(['api', value]);
  // which fields an answer has is up to the question: a list has no description
  const has = (field: string) => at(plugin, field) !== undefined;
  const placed = <T>(field: string, value: T | null) => (has(field) ? api(value) : undefined);
  const shown = (...path: readonly string[]) => {
    const text = given(plugin, ...path);
    return text === null ? null : htmlText(text);
  };
  const ratings = exactCount(numberAt(plugin, 'num_ratings'));
  return assemble(
    slug,
    { state: 'available' },
    {
      name: api(htmlText(name)),
      slug: api(slug),
      url: api(`https://wordpress.org/plugins/${slug.includes('%') ? slug : encodeURIComponent(slug)}/`),
      logoUrl: placed(
        'icons',
        given(plugin, 'icons', '2x') ??
          given(plugin, 'icons', '1x') ??
          given(plugin, 'icons', 'svg') ??
          given(plugin, 'icons', 'default'),
      ),
      featuredImageUrl: placed('banners', given(plugin, 'banners', 'high') ?? given(plugin, 'banners', 'low')),
      summary: placed('short_description', shown('short_description')),
      description:
        has('sections') || has('description')
          ? api(shown('sections', 'description') ?? shown('description'))
          : undefined,
      developer: api(developerOf(plugin)),
      tags: placed('tags', tagsOf(plugin)),
      version: api(given(plugin, 'version')),
      users: placed('active_installs', usersOf(plugin)),
      rating: api(ratingOf(numberAt(plugin, 'rating'), { best: 100, count: ratings?.value ?? null })),
      ratingCount: api(ratings),
      pricing: placed('business_model', pricingOf(plugin)),
      websiteUrl: api(given(plugin, 'homepage')),
      supportUrl: placed('commercial_support_url', given(plugin, 'commercial_support_url')),
      createdAt: api(readDate(given(plugin, 'added') ?? '')),
      updatedAt: api(readDate(given(plugin, 'last_updated') ?? '')),
    },
  );
}

/** What is not given is false, at times also as a text. */
function given(plugin: unknown, ...path: readonly string[]): string | null {
  const text = textAt(plugin, ...path);
  return text === 'false' ? null : text;
}

/** In steps (10, 20 … 200, 7000, 100000, millions), rounded down. */
function usersOf(plugin: unknown): UserCount | null {
  const count = atLeast(numberAt(plugin, 'active_installs'));
  return count && { ...count, metric: 'active_installs' };
}

/** By slug; an empty list where there are none. */
function tagsOf(plugin: unknown): readonly string[] | null {
  if (listAt(plugin, 'tags') !== null) return [];
  const tags = entriesAt(plugin, 'tags')
    .slice(0, textLimits.entries)
    .flatMap(([, tag]) => (typeof tag === 'string' ? [htmlText(tag)] : []));
  return tags.length > 0 ? tags : null;
}

/** `author` is a link, or a text alone. */
function developerOf(plugin: unknown): Developer | null {
  const author = given(plugin, 'author');
  if (author === null) return null;
  const page = readHtml(author);
  const link = page.elements.find(({ name }) => name === 'a');
  const profile = /^https?:\/\/profiles\.wordpress\.org\/([^/?#]{1,100})/.exec(
    given(plugin, 'author_profile') ?? '',
  )?.[1];
  return {
    name: page.text,
    publisherId: profile ?? null,
    website: link === undefined ? null : attributeOf(link, 'href'),
  };
}

function pricingOf(plugin: unknown): Pricing | null {
  const model = given(plugin, 'business_model');
  if (model === null) return null;
  return { kind: kinds.get(model) ?? 'unknown', text: model, lowestPaidTier: null };
}

const kinds: ReadonlyMap<string, Pricing['kind']> = new Map([
  ['commercial', 'free_with_paid_features'],
  ['community', 'free'],
  ['canonical', 'free'],
]);
