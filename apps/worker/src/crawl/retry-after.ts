const longest = 86_400_000;

/**
 * Milliseconds that a Retry-After header (RFC 9110, 10.2.3: seconds, or a date) asks to wait from `now` on; null where there
 * is none that can be read. A day at most: who asks for more is asked again after one.
 */
export function retryAfter(header: string | null, now: Date): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text) * 1000, longest);
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - now.getTime()), longest);
}
