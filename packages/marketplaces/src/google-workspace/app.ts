import { type ReadPlugin, UnreadablePage } from '../connector.ts';
import { assemble, first } from '../reading/assemble.ts';
import { readHtml } from '../reading/html.ts';
import { readEmbedded } from './embedded.ts';
import { readMarkup } from './markup.ts';

/**
 * An app's page, saved as a whole or without its scripts. Who saved it was signed in as a rule: of the page's data only the
 * blocks of the app are read, and of its markup only what stands in the app's own header and panels; never the visitor,
 * what else is installed, or a review.
 */
export function readApp(html: string, requested: string | null, address: string): ReadPlugin {
  const page = readHtml(html);
  const embedded = readEmbedded(page);
  const markup = readMarkup(page);
  const id = embedded?.id ?? markup.id;
  if (id === null || (embedded?.name ?? markup.name) === null) throw new UnreadablePage('It is no page of an app.');
  if (embedded !== null && markup.id !== null && markup.id !== embedded.id)
    throw new UnreadablePage('Its data is of one app and its markup of another.');
  if (requested !== null && requested !== id) throw new UnreadablePage('It is the page of another app.');
  const slug = embedded?.slug ?? slugIn(address, id);
  const known = embedded?.slug ? 'embedded' : 'meta';
  return assemble(
    id,
    { state: 'available' },
    {
      name: first(['embedded', embedded?.name], ['markup', markup.name]),
      slug: slug === null ? undefined : first([known, slug]),
      url: slug === null ? undefined : first([known, `https://workspace.google.com/marketplace/app/${slug}/${id}`]),
      logoUrl: first(['embedded', embedded?.logoUrl], ['markup', markup.logoUrl]),
      featuredImageUrl: embedded ? first(['embedded', embedded.featuredImageUrl]) : undefined,
      summary: first(['embedded', embedded?.summary], ['markup', markup.summary]),
      description: first(['embedded', embedded?.description], ['markup', markup.description]),
      developer: first(['embedded', embedded?.developer], ['markup', markup.developer]),
      permissions: first(['embedded', embedded?.permissions], ['markup', markup.permissions]),
      worksWith: first(['markup', markup.worksWith]),
      users: first(['embedded', embedded?.users], ['markup', markup.users]),
      rating: first(['embedded', embedded?.rating], ['markup', markup.rating]),
      ratingCount: first(['embedded', embedded?.ratingCount], ['markup', markup.ratingCount]),
      pricing: first(['markup', markup.pricing]),
      websiteUrl: embedded ? first(['embedded', embedded.websiteUrl]) : undefined,
      supportUrl: first(['embedded', embedded?.supportUrl], ['markup', markup.supportUrl]),
      privacyPolicyUrl: first(['embedded', embedded?.privacyPolicyUrl], ['markup', markup.privacyPolicyUrl]),
      updatedAt: first(['embedded', embedded?.updatedAt], ['markup', markup.updatedAt]),
    },
  );
}

/** A page that was saved without its data is known by its address, where that was kept. */
function slugIn(address: string, id: string): string | null {
  const [, slug, inAddress] = /\/marketplace\/app\/([^/?#]{1,300})\/(\d{1,20})(?:[?#]|$)/.exec(address) ?? [];
  return slug !== undefined && slug !== '_' && inAddress === id ? slug : null;
}
