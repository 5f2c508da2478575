import { abortedError } from './error-from.ts';
import { GranaryError } from './errors.ts';
import { sendWhenBusy } from './when-busy.ts';

/**
 * Who calls: a server with its API key, a program that has access tokens, or a browser with the session cookie of the
 * API's own log-in. An API key is a secret: never put it into a page.
 */
export type GranaryAuth =
  | { readonly apiKey: string }
  /** Asked for before each request, so that it can renew a token that is about to expire. */
  | { readonly accessToken: () => string | Promise<string> }
  | { readonly cookie: true };

export interface ConnectionOptions {
  /** Where the API is, such as `https://granary.example.org`; in browsers also relative to the page. */
  readonly url: string | URL;
  readonly auth: GranaryAuth;
  /** In place of the global fetch. Uploads have a transport of their own, for the sake of progress, and do not use it. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** The API with the caller's credentials. */
export interface Connection {
  /** Without a slash at the end. */
  readonly url: string;
  readonly withCookies: boolean;
  headers(): Promise<Record<string, string>>;
  /** Answers whatever the status; throws GranaryError `network`, `aborted`, or `unauthenticated` when there is no token. */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
}

export function connect({ url, auth, fetch: fetchOption }: ConnectionOptions): Connection {
  const withCookies = 'cookie' in auth;
  const headers = () => authorization(auth);
  return {
    url: absolute(url),
    withCookies,
    headers,
    async fetch(target, init = {}) {
      const request = new Headers(init.headers);
      for (const [name, value] of Object.entries(await headers())) request.set(name, value);
      try {
        // asked for at each call: tests and instrumentation replace the global one
        const send = fetchOption ?? globalThis.fetch;
        const options = { ...init, headers: request, ...(withCookies && { credentials: 'include' as const }) };
        return await sendWhenBusy(() => send(target, options), init);
      } catch (error) {
        if (init.signal?.aborted) throw abortedError(init.signal);
        throw new GranaryError('network', 'the API could not be reached', { cause: error });
      }
    },
  };
}

async function authorization(auth: GranaryAuth): Promise<Record<string, string>> {
  if ('apiKey' in auth) return { authorization: `Bearer ${auth.apiKey}` };
  if ('cookie' in auth) return {};
  try {
    return { authorization: `Bearer ${await auth.accessToken()}` };
  } catch (error) {
    throw new GranaryError('unauthenticated', 'the access token could not be had', { cause: error });
  }
}

// only browsers have one
declare const location: { readonly href: string } | undefined;

function absolute(url: string | URL): string {
  const page = typeof location === 'undefined' ? undefined : location.href;
  return new URL(url, page).href.replace(/\/+$/, '');
}
