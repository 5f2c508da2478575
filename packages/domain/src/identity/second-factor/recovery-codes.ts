import { createHash, randomInt } from 'node:crypto';

const count = 10;
/** Without what is easily taken for another (0 o, 1 l i). */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Ten codes of 12 letters, 59 bits each: to be written down, each good once. */
export const makeRecoveryCodes = (): string[] => Array.from({ length: count }, makeCode);

function makeCode(): string {
  const text = Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join('');
  return text.replace(/(.{4})(?=.)/g, '$1-');
}

/** However somebody types it. */
export const hashRecoveryCode = (code: string): Buffer =>
  createHash('sha256')
    .update(code.toLowerCase().replaceAll(/[^a-z\d]/g, ''))
    .digest();
