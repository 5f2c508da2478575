import { Secret, TOTP } from 'otpauth';

const periodSeconds = 30;
const issuer = 'Granary';

/** A new secret of 160 bits, as RFC 4226 (section 4, R6) recommends. */
export const makeSecret = (): Buffer => Buffer.from(new Secret({ size: 20 }).bytes);

/** What an authenticator app reads from a QR code. */
export const uriOf = (secret: Buffer, account: string): string => totp(secret, account).toString();

/**
 * The period of 30 s (RFC 6238) whose code this is: the present one, or one beside it for clocks that differ. Null for
 * another code.
 */
export function periodOf(secret: Buffer, code: string, now: number = Date.now()): number | null {
  if (!/^\d{6}$/.test(code)) return null; // the library compares bytes, and fails where they are more
  const delta = totp(secret, '').validate({ token: code, window: 1, timestamp: now });
  return delta === null ? null : Math.floor(now / 1000 / periodSeconds) + delta;
}

const totp = (secret: Buffer, label: string): TOTP =>
  new TOTP({ issuer, label, period: periodSeconds, secret: new Secret({ buffer: new Uint8Array(secret).buffer }) });
