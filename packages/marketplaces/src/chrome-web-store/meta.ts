import { normalUrl } from '../normalising/urls.ts';
import type { HtmlPage } from '../reading/html.ts';
import { idInUrl } from './ids.ts';

const suffix = ' - Chrome Web Store';

/** What an item's page says in its head. */
export function readMeta(page: HtmlPage) {
  const title = page.meta.get('og:title')?.trim() ?? '';
  const url = itemUrl(page.meta.get('og:url') ?? '');
  const isItem = title.endsWith(suffix);
  return {
    name: isItem ? title.slice(0, -suffix.length).trim() || null : null,
    url,
    slug: url === null ? null : (/\/detail\/([^/]+)\/[a-p]{32}$/.exec(url)?.[1] ?? null),
    summary: isItem ? (page.meta.get('og:description') ?? page.meta.get('description') ?? null) : null,
    // an image is asked for in a size, which is no part of its address
    logoUrl: isItem ? (page.meta.get('og:image')?.replace(/=[\w-]{1,100}$/, '') ?? null) : null,
  };
}

/** Without the language of the page. */
function itemUrl(address: string): string | null {
  const url = normalUrl(address);
  return url === null || idInUrl(url) === null ? null : url.replace(/[?#].*$/, '');
}
