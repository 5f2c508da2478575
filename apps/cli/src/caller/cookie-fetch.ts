/** A fetch that keeps the API's session cookie, and says as a browser would that its requests come from no other site. */
export function cookieFetch(url: string): typeof fetch {
  const { origin } = new URL(url);
  const jar = new Map<string, string>();
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
