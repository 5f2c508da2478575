import { Buffer } from 'node:buffer';
import { classifyNumber } from './classify-number.ts';
import { lexicalClass } from './lexical-class.ts';

/** Digits in groups of three, or none; the separators are told apart by the caller. */
const written = {
  '.': /^([-+]?)(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d*))?([eE][-+]?\d{1,6})?$/,
  ',': /^([-+]?)(\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ \u00a0\u202f']\d{3})+|\d*)(?:,(\d*))?([eE][-+]?\d{1,6})?$/,
} as const;

/**
 * A number as Postgres and JavaScript write it: grouped digits joined, the decimal separator a point, no plus sign. Null if
 * it is none, and for what nobody can mean: thousands of digits.
 *
 * @example plainNumber('1.234,50', ',') // '1234.50'
 */
export function plainNumber(text: string, separator: '.' | ','): string | null {
  if (text.length > 1000) return null;
  const found = written[separator].exec(text);
  if (!found) return null;
  const [, sign, whole = '', fraction, exponent = ''] = found;
  if (whole === '' && (fraction ?? '') === '') return null;
  const digits = whole.replace(/\D/g, '');
  return `${sign === '-' ? '-' : ''}${digits || '0'}${fraction ? `.${fraction}` : ''}${exponent}`;
}

/** Whether numeric can hold it without needing kilobytes for one number. */
export function isBearable(plain: string): boolean {
  const bytes = Buffer.from(plain);
  const kind = classifyNumber(bytes, 0, bytes.length);
  return kind !== null && kind !== lexicalClass.text;
}
