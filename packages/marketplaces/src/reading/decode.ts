import { gunzipSync } from 'node:zlib';
import { type Page, UnreadablePage } from '../connector.ts';

/** Pages have less than one megabyte, and pages of an API that hold 250 plugins with their texts less than five. */
const maxBytes = 8 << 20;
/** What the sitemap protocol allows. */
const maxSitemapBytes = 50 << 20;

/**
 * A page's text, by the charset of its header, else as UTF-8, and where it is none by the charset that it states itself.
 * Throws UnreadablePage when it is too long to be read.
 */
export function pageText(page: Page): string {
  if (page.body.length > maxBytes) throw new UnreadablePage(`It is longer than ${maxBytes} bytes.`);
  return decode(page.body, page.headers['content-type'] ?? '');
}

/** The text of a sitemap, which is gzipped where its name or the server says so, and sometimes where neither does. */
export function sitemapText(page: Page): string {
  const bytes = page.body[0] === 0x1f && page.body[1] === 0x8b ? gunzip(page.body) : page.body;
  if (bytes.length > maxSitemapBytes) throw new UnreadablePage(`The sitemap is longer than ${maxSitemapBytes} bytes.`);
  return new TextDecoder().decode(bytes);
}

function gunzip(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxSitemapBytes });
  } catch {
    throw new UnreadablePage('The sitemap is no valid gzip, or unpacks to more than the protocol allows.');
  }
}

const charsetPattern = /charset\s{0,9}=\s{0,9}["']?([\w:.-]{1,40})/i;

function decode(bytes: Uint8Array, contentType: string): string {
  const stated = charsetPattern.exec(contentType.slice(0, 500))?.[1];
  if (stated !== undefined) return decodeAs(stated, bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const head = new TextDecoder('latin1').decode(bytes.subarray(0, 2_048));
    return decodeAs(charsetPattern.exec(head)?.[1] ?? 'utf-8', bytes);
  }
}

/** By UTF-8 where the charset is none that is known. */
function decodeAs(charset: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
