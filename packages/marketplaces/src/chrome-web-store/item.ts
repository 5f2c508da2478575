import { type ReadPlugin, UnreadablePage } from '../connector.ts';
import { assemble, first, gone } from '../reading/assemble.ts';
import { readHtml } from '../reading/html.ts';
import { initData } from '../reading/init-data.ts';
import { at, textAt } from '../reading/json.ts';
import { lineOf } from '../reading/text.ts';
import { readEmbedded } from './embedded.ts';
import { readMarkup } from './markup.ts';
import { readMeta } from './meta.ts';

/** gRPC's code for NOT_FOUND, which the store answers with status 200. */
const notFound = 5;

/**
 * The page of an item: its embedded data first, then its meta tags, then its markup. `requested` is the item that was asked
 * for. Throws UnreadablePage for the page of another item, and for one that tells neither an item nor that there is none.
 */
export function readItem(html: string, requested: string | null): ReadPlugin {
  const page = readHtml(html);
  const block = initData(page, 'ds:0');
  if (block?.failed) {
    if (at(block.data, 0) !== notFound || requested === null)
      throw new UnreadablePage('The store could not say anything of the item.');
    return gone(requested, { state: 'unavailable', reason: 'no longer in the store' });
  }
  const meta = readMeta(page);
  // where the name is not in its place, nothing else would be
  const isItem = block !== null && (meta.name === null || lineOf(textAt(block.data, 0, 2) ?? '') === meta.name);
  const embedded = isItem ? readEmbedded(block.data) : null;
  const id = embedded?.id ?? meta.id;
  if (id === null) throw new UnreadablePage('It is no page of an item.');
  if (requested !== null && requested !== id) throw new UnreadablePage('It is the page of another item.');
  const markup = readMarkup(page);
  const name = first(['embedded', embedded?.name], ['meta', meta.name], ['markup', markup.name]);
  if (name === null) throw new UnreadablePage('The item has no name.');
  return assemble(
    id,
    { state: 'available' },
    {
      name,
      slug: first(['meta', meta.slug]),
      url: first(['meta', meta.url], ['embedded', `https://chromewebstore.google.com/detail/${id}`]),
      logoUrl: first(['embedded', embedded?.logoUrl], ['meta', meta.logoUrl]),
      featuredImageUrl: first(['embedded', embedded?.featuredImageUrl]),
      summary: first(['embedded', embedded?.summary], ['meta', meta.summary]),
      description: first(['embedded', embedded?.description], ['markup', markup.description]),
      developer: first(['embedded', embedded?.developer], ['markup', markup.developer]),
      categories: first(['embedded', embedded?.categories], ['markup', markup.categories]),
      permissions: first(['embedded', embedded?.permissions]),
      languages: first(['embedded', embedded?.languages], ['markup', markup.languages]),
      version: first(['embedded', embedded?.version], ['meta', meta.version], ['markup', markup.version]),
      manifestVersion: first(['embedded', embedded?.manifestVersion]),
      sizeBytes: first(['embedded', embedded?.sizeBytes], ['markup', markup.sizeBytes]),
      users: first(['embedded', embedded?.users], ['meta', meta.users], ['markup', markup.users]),
      rating: first(['embedded', embedded?.rating], ['meta', meta.rating], ['markup', markup.rating]),
      ratingCount: first(
        ['embedded', embedded?.ratingCount],
        ['meta', meta.ratingCount],
        ['markup', markup.ratingCount],
      ),
      featured: first(['embedded', embedded?.featured], ['markup', markup.featured]),
      websiteUrl: first(['embedded', embedded?.websiteUrl], ['markup', markup.websiteUrl]),
      supportUrl: first(['embedded', embedded?.supportUrl], ['markup', markup.supportUrl]),
      privacyPolicyUrl: first(['embedded', embedded?.privacyPolicyUrl], ['markup', markup.privacyPolicyUrl]),
      createdAt: first(['embedded', embedded?.createdAt]),
      updatedAt: first(['embedded', embedded?.updatedAt], ['markup', markup.updatedAt]),
    },
  );
}
