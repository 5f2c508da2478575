import type { Developer, Pricing, UserCount } from '../plugin-facts.ts';
import { readDate } from '../reading/dates.ts';
import {
  attributeOf,
  type HtmlElement,
  type HtmlPage,
  nextSibling,
  parentOf,
  textOf,
  within,
} from '../reading/html.ts';
import { readCount } from '../reading/numbers.ts';
import { ratingOf, readDecimal } from '../reading/ratings.ts';
import { lineOf, textLimits } from '../reading/text.ts';

/**
 * What an English page shows of the app: its header (schema.org microdata and labels for screen readers), its overview and
 * its permissions.
 */
export function readMarkup(page: HtmlPage) {
  const root = page.elements.find((element) =>
    /schema\.org\/SoftwareApplication$/.test(attributeOf(element, 'itemtype') ?? ''),
  );
  const header = root === undefined ? [] : within(page, root);
  const overview = panel(page, 'overviewTab');
  const shown = (element: HtmlElement | null | undefined) =>
    element ? lineOf(textOf(page, element), textLimits.summary) : null;
  const labels = header.map((element) => attributeOf(element, 'aria-label')).filter((label) => label !== null);
  const name = header.find((element) => element.name === 'span' && attributeOf(element, 'itemprop') === 'name');
  const overviewText = overview.find((element) => element.name === 'pre');
  const link = (what: string) => {
    const found = overview.find(
      (element) => attributeOf(element, 'aria-label') === `Learn more about the developer's ${what} policy`,
    );
    return found === undefined ? null : attributeOf(found, 'href');
  };
  return {
    id: root === undefined ? null : numberOf(attributeOf(root, 'data-app-id')),
    name: shown(name),
    summary: name === undefined ? null : shown(afterTitle(page, name)),
    description: overviewText === undefined ? null : textOf(page, overviewText),
    logoUrl: imageOf(header),
    developer: developerOf(page, header, shown),
    updatedAt: readDate(labelled(page, header, 'Listing updated:', shown)?.text ?? ''),
    ...ratingsOf(page, header, labels),
    users: usersOf(labels),
    worksWith: worksWithOf(labels),
    pricing: pricingOf(page, overview, shown),
    permissions: permissionsOf(page, shown),
    supportUrl: link('support'),
    privacyPolicyUrl: link('privacy'),
  };
}

type Shown = (element: HtmlElement | null | undefined) => string | null;

/** There is one for the reviews as well, which is not asked for. */
function panel(page: HtmlPage, tab: 'overviewTab' | 'permissionsTab'): readonly HtmlElement[] {
  const found = page.elements.find(
    (element) => attributeOf(element, 'role') === 'tabpanel' && attributeOf(element, 'aria-labelledby') === tab,
  );
  return found === undefined ? [] : within(page, found);
}

function numberOf(id: string | null): string | null {
  return id !== null && /^\d{1,20}$/.test(id) ? id : null;
}

/** The title is in a box with a tooltip; behind the box is the line that sums the app up. */
function afterTitle(page: HtmlPage, name: HtmlElement): HtmlElement | null {
  const tooltip = parentOf(page, name);
  const box = tooltip && parentOf(page, tooltip);
  return box && nextSibling(page, box);
}

function imageOf(header: readonly HtmlElement[]): string | null {
  const image = header.find((element) => element.name === 'img' && attributeOf(element, 'alt') === 'App Icon');
  return image === undefined ? null : attributeOf(image, 'src');
}

/** "By:" in a line of its own, and what follows it there. */
function labelled(
  page: HtmlPage,
  header: readonly HtmlElement[],
  label: string,
  shown: Shown,
): { readonly line: HtmlElement; readonly text: string } | null {
  const found = header.find((element) => element.name === 'span' && shown(element) === label);
  const line = found && parentOf(page, found);
  const text = line && lineOf(page.text.slice(found.to, line.to));
  return text ? { line, text } : null;
}

function developerOf(page: HtmlPage, header: readonly HtmlElement[], shown: Shown): Developer | null {
  const by = labelled(page, header, 'By:', shown);
  if (by === null) return null;
  const link = within(page, by.line).find(({ name }) => name === 'a');
  return { name: by.text, publisherId: null, website: link === undefined ? null : attributeOf(link, 'href') };
}

/** The label for screen readers has two decimals where the microdata has one. */
function ratingsOf(page: HtmlPage, header: readonly HtmlElement[], labels: readonly string[]) {
  const label = labels.find((text) => text.startsWith('Average rating: ')) ?? '';
  const [, average, best, count] =
    /^Average rating: (\d(?:[.,]\d{1,4})?) out of (\d{1,3})\. (\S{1,20}) users? rated this item\.$/.exec(label) ?? [];
  const property = (name: string) => header.find((element) => attributeOf(element, 'itemprop') === name);
  const value = property('ratingValue');
  const number = property('ratingCount');
  const ratingCount = readCount(count ?? (number === undefined ? '' : textOf(page, number).trim().slice(0, 40)));
  const rating = readDecimal(average ?? (value === undefined ? '' : (attributeOf(value, 'content') ?? '')));
  return {
    rating: ratingOf(rating, { best: best === undefined ? 5 : Number(best), count: ratingCount?.value ?? 0 }),
    ratingCount,
  };
}

function usersOf(labels: readonly string[]): UserCount | null {
  const label = labels.find((text) => / users? ha(?:ve|s) installed this app\.$/.test(text));
  const count = label === undefined ? null : readCount(label);
  return count && { ...count, metric: 'installs' };
}

/** "This app works with Google Sheets": sheets. */
function worksWithOf(labels: readonly string[]): readonly string[] | null {
  const products = labels.flatMap(
    (label) =>
      /^This app works with (?:Google )?(.{1,60}?)\.?$/.exec(label)?.[1]?.toLowerCase().replaceAll(' ', '-') ?? [],
  );
  return products.length > 0 ? products : null;
}

const kinds: ReadonlyMap<string, Pricing['kind']> = new Map([
  ['Free of charge', 'free'],
  ['Free of charge with paid features', 'free_with_paid_features'],
  ['Free of charge trial', 'free_trial'],
  ['Paid', 'paid'],
]);

function pricingOf(page: HtmlPage, overview: readonly HtmlElement[], shown: Shown): Pricing | null {
  const label = overview.find((element) => element.name === 'span' && shown(element) === 'Pricing');
  const text = label === undefined ? null : shown(nextSibling(page, label));
  return text === null ? null : { kind: kinds.get(text) ?? 'unknown', text, lowestPaidTier: null };
}

/** Each is a line of an image, a title and a button for details. */
function permissionsOf(page: HtmlPage, shown: Shown): readonly string[] | null {
  const titles = panel(page, 'permissionsTab').flatMap((element) => {
    const next = element.name === 'img' ? nextSibling(page, element) : null;
    const title = next?.name === 'span' ? shown(next) : null;
    return title === null ? [] : [title];
  });
  return titles.length > 0 ? titles : null;
}
