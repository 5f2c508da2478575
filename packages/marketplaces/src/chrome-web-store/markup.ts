import type { Developer, Quantity } from '../plugin-facts.ts';
import { readDate } from '../reading/dates.ts';
import { attributeOf, childrenOf, type HtmlElement, type HtmlPage, parentOf, textOf, within } from '../reading/html.ts';
import { readCount } from '../reading/numbers.ts';
import { readRating } from '../reading/ratings.ts';
import { readSize } from '../reading/sizes.ts';
import { lineOf, textLimits } from '../reading/text.ts';
import { usersOf } from './users.ts';

/**
 * What an English page shows, by its texts and links: names of classes change with every redesign. Where a page is in
 * another language, or shows something elsewhere than expected, it is null: the items that a page recommends have users and
 * ratings too.
 */
export function readMarkup(page: HtmlPage) {
  const root = page.elements.find(({ name }) => name === 'html');
  const english = root === undefined || (attributeOf(root, 'lang') ?? 'en').startsWith('en');
  const main = english ? beforeRelated(page) : [];
  const shown = (element: HtmlElement) => lineOf(textOf(page, element), textLimits.name) ?? '';
  const heading = main.find(({ name }) => name === 'h1');
  const details = detailsOf(page, main);
  const link = (text: string) => {
    const found = main.find(
      (element) => element.name === 'a' && attributeOf(element, 'target') === '_blank' && shown(element) === text,
    );
    return found === undefined ? null : attributeOf(found, 'href');
  };
  const stars = main
    .map((element) => attributeOf(element, 'aria-label'))
    .find((label) => label !== null && /^[\d.,]{1,6} out of 5 stars$/.test(label));
  const offeredBy = details.get('Offered by') ?? null;
  const reviews = main.find(
    (element) =>
      element.name === 'a' &&
      /\/[a-p]{32}\/reviews$/.test(attributeOf(element, 'href') ?? '') &&
      / ratings?$/.test(shown(element)),
  );
  const ratingCount = reviews === undefined ? null : readCount(shown(reviews));
  return {
    name: heading === undefined ? null : shown(heading),
    description: descriptionOf(page, main),
    ...categoryOf(page, main),
    // an item that nobody rated shows "0 out of 5 stars"
    rating: stars && ratingCount !== null ? readRating(stars) : null,
    ratingCount,
    featured:
      main.length === 0
        ? null
        : main.some((element) =>
            (attributeOf(element, 'aria-label') ?? '').startsWith('Follows recommended practices'),
          ),
    developer:
      offeredBy === null
        ? null
        : ({ name: offeredBy, publisherId: null, website: link('Website') } satisfies Developer),
    version: details.get('Version') ?? null,
    updatedAt: readDate(details.get('Updated') ?? ''),
    sizeBytes: readSize(details.get('Size') ?? ''),
    languages: languagesOf(details.get('Languages')),
    websiteUrl: link('Website'),
    supportUrl: link('support site'),
    privacyPolicyUrl: link('privacy policy'),
  };
}

function beforeRelated(page: HtmlPage): readonly HtmlElement[] {
  const index = page.elements.findIndex(
    (element) =>
      element.name === 'h2' && /^(?:Related|You might also like)/.test(textOf(page, element).slice(0, 200).trim()),
  );
  const carousel = page.elements.findIndex((element) => attributeOf(element, 'data-item-id') !== null);
  const ends = [index, carousel].filter((end) => end !== -1);
  return page.elements.slice(0, ends.length === 0 ? undefined : Math.min(...ends));
}

/** The list of details: entries of a label and a value. */
function detailsOf(page: HtmlPage, main: readonly HtmlElement[]): ReadonlyMap<string, string> {
  const details = new Map<string, string>();
  for (const element of main) {
    if (element.name !== 'li') continue;
    const [label, value] = childrenOf(page, element).filter(({ name }) => name === 'div');
    if (label === undefined || value === undefined) continue;
    const name = lineOf(textOf(page, label));
    const text = lineOf(textOf(page, value), 5000);
    if (name !== null && text !== null && !details.has(name)) details.set(name, text);
  }
  return details;
}

/** The link to the item's category; behind it, in the same line, the number of its users. */
function categoryOf(
  page: HtmlPage,
  main: readonly HtmlElement[],
): { readonly categories: readonly string[] | null; readonly users: ReturnType<typeof usersOf> } {
  const link = main.findLast((element) =>
    /\/category\/extensions\/[\w/]{1,100}$/.test(attributeOf(element, 'href') ?? ''),
  );
  const line = link && parentOf(page, link);
  if (!line) return { categories: null, users: null };
  const slug = /\/category\/extensions\/([\w/]+)$/.exec(attributeOf(link, 'href') ?? '')?.[1];
  const rest = lineOf(page.text.slice(link.to, line.to)) ?? '';
  const count: Quantity | null = / users?$/.test(rest) ? readCount(rest) : null;
  return { categories: slug === undefined ? null : [slug], users: usersOf(count) };
}

/** The section of that name: a paragraph that is the summary, and one that is the description. */
function descriptionOf(page: HtmlPage, main: readonly HtmlElement[]): string | null {
  const section = main.find(
    (element) => element.name === 'section' && /^\s*Overview\b/.test(textOf(page, element).slice(0, 200)),
  );
  if (section === undefined) return null;
  const [, ...paragraphs] = within(page, section).filter(({ name }) => name === 'p');
  const text = paragraphs
    .map((paragraph) => textOf(page, paragraph))
    .join('\n\n')
    .trim();
  return text === '' ? null : text;
}

/** Many of them stand behind their number; the names have commas between them, and within their brackets none. */
function languagesOf(text: string | undefined): readonly string[] | null {
  if (text === undefined) return null;
  return text.replace(/^\d+ languages /, '').split(/\s?,\s/);
}
