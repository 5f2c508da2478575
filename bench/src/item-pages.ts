import { readFixture } from '@granary/marketplaces/testing';

const model = 'ofadgkplmhbecinjofadgkplmhbecinj';
const letters = 'abcdefghijklmnop';

/** The n-th id of the store: 32 letters from a to p. */
function idOf(n: number): string {
  const digits = n.toString(16).padStart(32, '0');
  return [...digits].map((digit) => letters[Number.parseInt(digit, 16)]).join('');
}

export interface ItemPage {
  readonly id: string;
  /** Host, path and query. */
  readonly address: string;
  readonly url: string;
  readonly body: Buffer;
}

const host = 'chromewebstore.google.com';

/** Pages of as many items of the Chrome Web Store, as they are on the n-th day: our own, as the fixtures are. */
export function itemPages(count: number, day: number): readonly ItemPage[] {
  const text = new TextDecoder().decode(readFixture('chrome-web-store/2026-11-01/tidy-tabs.html'));
  return Array.from({ length: count }, (_, n) => {
    const id = idOf(n + 1);
    const body = text
      .replaceAll(model, id)
      .replaceAll('Tidy Tabs', `Tidy Tabs ${n}`)
      .replaceAll('1812', String(1812 + n + day));
    const address = `${host}/detail/tidy-tabs/${id}?hl=en`;
    return { id, address, url: `https://${address}`, body: Buffer.from(body) };
  });
}

/** What names them all. */
export const sitemapOf = (pages: readonly ItemPage[]) => ({
  address: `${host}/sitemap`,
  body: `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${pages
    .map(({ url }) => `<url><loc>${url.replace(/\?.*/, '')}</loc></url>`)
    .join('')}</urlset>`,
});
