import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What the caller named the request, if it is harmless in logs and headers, else a new UUID. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
