import { SaxesParser } from 'saxes';
import { type Page, UnreadablePage } from '../connector.ts';
import { sitemapText } from './decode.ts';

export interface Sitemap {
  /** Sitemaps that this one is the index of. */
  readonly sitemaps: readonly string[];
  readonly urls: readonly string[];
}

/** Twice what the protocol allows: https://www.sitemaps.org/protocol.html */
const maxEntries = 100_000;
const maxUrlLength = 2_048;
const maxDepth = 16;

/**
 * Reads a sitemap or an index of sitemaps (sitemaps.org 0.9), gzipped or not. Strict, so that half of a document is not
 * taken for the whole. Throws UnreadablePage for anything else; a document type's entities are never expanded.
 */
export function readSitemap(page: Page): Sitemap {
  const sitemaps: string[] = [];
  const urls: string[] = [];
  const open: string[] = [];
  let location = '';
  const parser = new SaxesParser({ xmlns: false });
  const refuse = (why: string): never => {
    throw new UnreadablePage(`The sitemap cannot be read: ${why.slice(0, 200)}.`);
  };
  parser.on('error', (error) => refuse(error.message));
  parser.on('opentag', ({ name }) => {
    open.push(name.slice(name.indexOf(':') + 1));
    if (open.length > maxDepth) refuse('it is nested too deeply');
    if (open.length === 1 && open[0] !== 'sitemapindex' && open[0] !== 'urlset')
      refuse('it is another kind of document');
    location = '';
  });
  const text = (piece: string) => {
    if (open.at(-1) === 'loc' && open.length === 3) location += piece;
  };
  parser.on('text', text);
  parser.on('cdata', text);
  parser.on('closetag', () => {
    if (open.length === 3 && open.at(-1) === 'loc' && location.length <= maxUrlLength) {
      (open[1] === 'sitemap' ? sitemaps : urls).push(location.trim());
      if (sitemaps.length + urls.length > maxEntries) refuse(`it has more than ${maxEntries} entries`);
    }
    open.pop();
  });
  parser.write(sitemapText(page)).close();
  return { sitemaps, urls };
}
