import { type ReadPlugin, UnreadablePage } from '../connector.ts';
import { normalUrl } from '../normalising/urls.ts';
import { assemble, first } from '../reading/assemble.ts';
import { attributeOf, type HtmlPage, readHtml, textOf } from '../reading/html.ts';
import { lineOf } from '../reading/text.ts';
import { readJsonLd } from './json-ld.ts';

/** What a page says of itself. Throws UnreadablePage for one that has no name. */
export function readListing(html: string, address: string): ReadPlugin {
  const page = readHtml(html);
  const data = readJsonLd(page);
  const meta = (name: string) => page.meta.get(name) ?? null;
  const url = (text: string | null | undefined) => (text ? normalUrl(text, address) : null);
  const title = titleOf(page);
  if (title === null && !data?.name && meta('og:title') === null) throw new UnreadablePage('The page has no title.');
  return assemble(
    address,
    { state: 'available' },
    {
      name: first(['embedded', data?.name], ['meta', meta('og:title') ?? title]),
      url: first(['meta', canonicalOf(page, address)]),
      logoUrl: first(['embedded', url(data?.image)], ['meta', url(iconOf(page))]),
      featuredImageUrl: first(['meta', url(meta('og:image') ?? meta('twitter:image'))]),
      summary: first(['meta', meta('og:description') ?? meta('description')]),
      description: first(['embedded', data?.description]),
      developer: first(['embedded', data?.developer]),
      categories: first(['embedded', data?.categories]),
      worksWith: first(['embedded', data?.operatingSystems]),
      languages: first(['embedded', data?.languages]),
      version: first(['embedded', data?.version]),
      users: first(['embedded', data?.users]),
      rating: first(['embedded', data?.rating]),
      ratingCount: first(['embedded', data?.ratingCount]),
      pricing: first(['embedded', data?.pricing]),
      createdAt: first(['embedded', data?.createdAt]),
      updatedAt: first(['embedded', data?.updatedAt]),
    },
  );
}

function titleOf(page: HtmlPage): string | null {
  const title = page.elements.find(({ name }) => name === 'title');
  return title === undefined ? null : lineOf(textOf(page, title));
}

/** The address that the page goes by, as far as it is one of the same site. */
function canonicalOf(page: HtmlPage, address: string): string {
  const link = page.elements.find(
    (element) => element.name === 'link' && attributeOf(element, 'rel')?.toLowerCase() === 'canonical',
  );
  const canonical = normalUrl((link && attributeOf(link, 'href')) ?? page.meta.get('og:url') ?? '', address);
  return canonical !== null && new URL(canonical).hostname === new URL(address).hostname ? canonical : address;
}

function iconOf(page: HtmlPage): string | null {
  const link = page.elements.find(
    (element) => element.name === 'link' && attributeOf(element, 'rel')?.toLowerCase() === 'apple-touch-icon',
  );
  return link === undefined ? null : attributeOf(link, 'href');
}
