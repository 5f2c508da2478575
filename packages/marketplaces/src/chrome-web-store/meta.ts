import type { Quantity } from '../plugin-facts.ts';
import type { HtmlPage } from '../reading/html.ts';
import { readCount } from '../reading/numbers.ts';
import { ratingOf, readDecimal } from '../reading/ratings.ts';
import { lineOf } from '../reading/text.ts';
import { idInUrl } from './ids.ts';
import { usersOf } from './users.ts';

const suffix = ' - Chrome Web Store';

/** What an item's page says in its head, and the store's pages until 2023 in microdata. */
export function readMeta(page: HtmlPage) {
  const meta = (name: string) => page.meta.get(name) ?? '';
  const title = lineOf(meta('og:title')) ?? '';
  const id = idInUrl(meta('og:url'));
  const slug =
    id === null ? null : (/\/detail\/([^/?#]{1,300})\/[a-p]{32}(?:[/?#]|$)/.exec(meta('og:url'))?.[1] ?? null);
  const isItem = title.endsWith(suffix);
  const ratingCount = readCount(meta('ratingcount'));
  return {
    id,
    name: isItem ? title.slice(0, -suffix.length).trim() || null : null,
    slug,
    // the former store's pages name the former address
    url: id === null ? null : `https://chromewebstore.google.com/detail/${slug === null ? '' : `${slug}/`}${id}`,
    summary: isItem ? meta('og:description') || meta('description') || null : null,
    // an image is asked for in a size, which is no part of its address
    logoUrl: isItem ? meta('og:image').replace(/=[\w-]{1,100}$/, '') || null : null,
    users: usersOf(downloadsOf(meta('interactioncount'))),
    version: meta('version') || null,
    rating: ratingOf(readDecimal(meta('ratingvalue')), { count: ratingCount?.value ?? 0 }),
    ratingCount,
  };
}

/** "UserDownloads:100,000+" */
function downloadsOf(interactions: string): Quantity | null {
  return interactions.startsWith('UserDownloads:') ? readCount(interactions.slice('UserDownloads:'.length)) : null;
}
