import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedMessage {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: string;
  readonly body: string;
  /** `v1,<base64>`, several of them with spaces between. */
  readonly signature: string;
}

/** How old a signature may be, or how far ahead a clock: what Standard Webhooks suggests. */
const toleranceSeconds = 300;

/**
 * Whether a message was signed with the secret, and lately (Standard Webhooks 1.0.0, "Verifying signatures"). That it does not come a
 * second time is for who keeps the ids to see.
 */
export function isSigned(secret: Uint8Array, { id, timestamp, body, signature }: SignedMessage, now: Date): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds) return false;
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest();
  return signature.split(' ').some((each) => {
    if (!each.startsWith('v1,')) return false;
    const given = Buffer.from(each.slice(3), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
