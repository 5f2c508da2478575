/**
 * What a Retry-After asks for, in seconds from now (RFC 9110, 10.2.3: seconds, or a date); null for what cannot be understood, and for the
 * past.
 */
export function retryAfterOf(header: string | null, now: number): number | null {
  const text = header?.trim() ?? '';
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - now) / 1000);
  // a year is longer than anybody is waited for, and fits Postgres' integer
  return seconds > 0 ? Math.min(seconds, 31_536_000) : null;
}
