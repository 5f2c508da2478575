import { createHash } from 'node:crypto';
import type { Visit } from '@granary/db';
import type { AttemptLimit, Throttle } from './throttle.ts';

/** For one account, from wherever; forgiven by success. */
export const accountLimit: AttemptLimit = { attempts: 10, seconds: 900 };
/** For one address, whatever the account. */
const addressLimit: AttemptLimit = { attempts: 100, seconds: 900 };

/** Names are counted by their hash: a password typed into the wrong field must not stand in a table. */
export const accountKey = (login: string): string =>
  `account:${createHash('sha256').update(login.toLowerCase()).digest('base64url')}`;

/** One more attempt of this visitor on this account, there or not. Throws DomainError limit_reached. */
export async function limitAttempts(throttle: Throttle, { address = 'unknown' }: Visit, login: string): Promise<void> {
  await throttle.attempt(`address:${address}`, addressLimit);
  await throttle.attempt(accountKey(login), accountLimit);
}
