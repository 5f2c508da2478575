import type { RobotsRules } from './parse-robots.ts';

/**
 * Whether the rules let a URL be asked for: the longest pattern that matches its path and query decides, of two equally long
 * ones that which allows (RFC 9309, 2.2.2). robots.txt itself always may be.
 */
export function isAllowed({ rules }: RobotsRules, url: string): boolean {
  const { pathname, search } = new URL(url);
  if (pathname === '/robots.txt') return true;
  const path = normalise(`${pathname}${search}`).replaceAll('*', '%2A').replaceAll('$', '%24');
  let longest = -1;
  let allowed = true;
  for (const { allow, pattern } of rules) {
    const normal = normalise(pattern);
    const octets = normal.length;
    if (octets < longest || (octets === longest && !allow)) continue;
    if (!matches(normal, path) && !matches(encodeQuery(normal), encodeQuery(path))) continue;
    longest = octets;
    allowed = allow;
  }
  return allowed;
}

/**
 * One way to write a path: what is not ASCII percent-encoded, unreserved characters not, digits of the rest in upper case
 * (2.2.2). `*` and `$` stay what they are.
 */
function normalise(path: string): string {
  return path
    .replace(/[^\x21-\x7e]+/g, (others) => encodeURIComponent(others.toWellFormed()))
    .replace(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      return /[A-Za-z0-9._~-]/.test(character) ? character : encoded.toUpperCase();
    });
}

/** The RFC's table has `?baz=https://foo.bar` and `?baz=https%3A%2F%2Ffoo.bar` mean the same. */
function encodeQuery(path: string): string {
  const at = path.indexOf('?');
  if (at < 0) return path;
  return (
    path.slice(0, at + 1) +
    path
      .slice(at + 1)
      .replaceAll(':', '%3A')
      .replaceAll('/', '%2F')
  );
}

/** Leftmost matches of the pieces between `*`, in time that grows with the product of both lengths at most. */
function matches(pattern: string, path: string): boolean {
  const isAnchored = pattern.endsWith('$');
  const [first = '', ...others] = (isAnchored ? pattern.slice(0, -1) : pattern).replaceAll('$', '%24').split('*');
  if (!path.startsWith(first)) return false;
  const last = others.pop();
  if (last === undefined) return !isAnchored || path.length === first.length;
  let at = first.length;
  for (const piece of others) {
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return isAnchored ? path.length - last.length >= at && path.endsWith(last) : path.indexOf(last, at) >= 0;
}
