/** A browser's cookies, by name. */
export type CookieJar = Map<string, string>;

interface CookieFetchOptions {
  readonly jar?: CookieJar;
  /** Of the page that makes the requests; the API's own by default. */
  readonly origin?: string;
}

/** A fetch that keeps the API's cookies, and says as a browser would from which site its requests come. */
export function cookieFetch(
  url: string,
  { jar = new Map(), origin = new URL(url).origin }: CookieFetchOptions = {},
): typeof fetch {
  return async (target, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('origin', origin);
    if (jar.size > 0) headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '));
    const response = await fetch(target, { ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  };
}
