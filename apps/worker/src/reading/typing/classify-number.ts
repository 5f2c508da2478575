import { byte } from '../csv/grammar.ts';
import { type LexicalClass, lexicalClass } from './lexical-class.ts';

const isDigit = (code: number) => code >= byte.zero && code <= byte.nine;

/** A run of digits only. */
export function classifyDigits(buffer: Uint8Array, start: number, end: number): LexicalClass {
  const length = end - start;
  if (length > 1 && buffer[start] === byte.zero) return lexicalClass.leadingZero;
  if (length <= 15) return lexicalClass.integer;
  return length <= 18 ? lexicalClass.longInteger : lexicalClass.hugeInteger;
}

/** Largest decimal exponent that is surely finite, and surely not rounded to zero, as a double. */
const doubleExponent = 300;
/** Past this numeric would need a kilobyte for one number: nobody means that. */
const numericExponent = 1000;

/**
 * The class of a number as Postgres reads float8 and numeric: `-12`, `0.5`, `.5`, `5.`, `1e-7`; null if it is none.
 */
export function classifyNumber(buffer: Uint8Array, start: number, end: number): LexicalClass | null {
  let position = start;
  const sign = buffer[position];
  if (sign === byte.minus || sign === byte.plus) position++;
  const first = position;
  let significant = 0;
  let leadingZeros = 0;
  while (position < end && isDigit(buffer[position]!)) {
    if (significant > 0 || buffer[position] !== byte.zero) significant++;
    else leadingZeros++;
    position++;
  }
  const whole = position - first;
  const wholeSignificant = significant;
  let fraction = 0;
  let fractionZeros = 0;
  let hasPoint = false;
  if (position < end && buffer[position] === byte.dot) {
    hasPoint = true;
    position++;
    const from = position;
    while (position < end && isDigit(buffer[position]!)) {
      if (significant > 0 || buffer[position] !== byte.zero) significant++;
      else fractionZeros++;
      position++;
    }
    fraction = position - from;
  }
  if (whole + fraction === 0) return null;
  let exponent: number | null = null;
  if (position < end && (buffer[position]! | 32) === 101) {
    exponent = readExponent(buffer, position + 1, end);
    if (exponent === null) return null;
    position = end;
  }
  if (position !== end) return null;

  if (sign === byte.plus) return lexicalClass.plusSign;
  if (whole > 1 && leadingZeros > 0) return lexicalClass.leadingZero;
  if (exponent !== null) {
    const size = Math.abs(exponent + (wholeSignificant > 0 ? wholeSignificant : -fractionZeros));
    if (significant <= 15 && size <= doubleExponent) return lexicalClass.exponent;
    return size + significant <= numericExponent ? lexicalClass.longExponent : lexicalClass.text;
  }
  if (!hasPoint && (significant > 0 || sign !== byte.minus)) {
    if (significant <= 15) return lexicalClass.integer;
    return significant <= 18 ? lexicalClass.longInteger : lexicalClass.hugeInteger;
  }
  if (end - start > numericExponent) return lexicalClass.text;
  // -0 and 0.0 are here too: a bigint would lose the sign
  return significant <= 15 && fractionZeros < doubleExponent ? lexicalClass.decimal : lexicalClass.longDecimal;
}

function readExponent(buffer: Uint8Array, from: number, end: number): number | null {
  let position = from;
  const negative = buffer[position] === byte.minus;
  if (negative || buffer[position] === byte.plus) position++;
  if (position >= end || end - position > 6) return null;
  let value = 0;
  for (; position < end; position++) {
    if (!isDigit(buffer[position]!)) return null;
    value = value * 10 + buffer[position]! - byte.zero;
  }
  return negative ? -value : value;
}

/** `1,234.5` and `1,5`: numbers to a reader, not to Postgres. */
export function isGroupedNumber(buffer: Uint8Array, start: number, end: number): boolean {
  if (end - start > 40) return false;
  return /^-?(\d{1,3}(,\d{3})+(\.\d+)?|\d+,\d+|\d{1,3}(\.\d{3})+,\d+)$/.test(
    String.fromCharCode(...buffer.subarray(start, end)),
  );
}
