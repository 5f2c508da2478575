import { OutboundError } from './outbound-error.ts';

/** One request of a chain. The body is held, so that it can be sent again where a redirect says so. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

const redirects = new Set([301, 302, 303, 307, 308]);
/** What may go to another origin. Everything else may be a secret: cookies, keys, tokens under names of their own. */
const harmless = new Set(['accept', 'accept-language', 'range', 'if-none-match', 'if-modified-since', 'if-range']);
const ofBody = /^content-|^transfer-encoding$/i;

/** Where an answer sends the request on to, before that is checked; undefined where it is no redirect. */
export function redirectTarget(status: number, location: string | null, from: URL): URL | undefined {
  if (!redirects.has(status) || location === null) return undefined;
  if (!URL.canParse(location, from.href))
    throw new OutboundError('refused_redirect', 'a redirect leads to something that is no URL', from);
  return new URL(location, from);
}

/**
 * The request that follows a redirect (RFC 9110, 15.4; Fetch, 4.4): 303, and 301 or 302 after POST, become GET without a body. To another
 * origin only harmless headers are taken along, and no body at all.
 */
export function nextHop(before: Hop, status: number, url: URL): Hop {
  const becomesGet =
    (status === 303 && before.method !== 'GET' && before.method !== 'HEAD') ||
    ((status === 301 || status === 302) && before.method === 'POST');
  const isElsewhere = url.origin !== before.url.origin;
  const body = becomesGet ? undefined : before.body;
  if (isElsewhere && body !== undefined)
    throw new OutboundError('refused_redirect', 'a redirect would send the body to another origin', before.url);
  const headers = Object.entries(before.headers).filter(
    ([name]) => (!becomesGet || !ofBody.test(name)) && (!isElsewhere || harmless.has(name.toLowerCase())),
  );
  return { url, method: becomesGet ? 'GET' : before.method, headers: Object.fromEntries(headers), body };
}
