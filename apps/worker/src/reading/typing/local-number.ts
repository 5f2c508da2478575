import { Buffer } from 'node:buffer';
import { classifyNumber } from './classify-number.ts';
import { lexicalClass as is, type LexicalClass } from './lexical-class.ts';
import { plainNumber } from './parse-number.ts';

/** Classes that a number with a decimal comma, or with points between its groups, falls into where a point is expected. */
const suspects: ReadonlySet<LexicalClass> = new Set([
  is.groupedNumber,
  is.decimal,
  is.longDecimal,
  is.exponent,
  is.longExponent,
  is.text,
]);

/** The class of a value in a column with decimal commas: 1,5 is a decimal number, 1.234 a whole one, and 1.5 a text. */
export function classifyLocalNumber(buffer: Buffer, start: number, end: number, kind: LexicalClass): LexicalClass {
  if (!suspects.has(kind) || end - start > 1000) return kind;
  const plain = plainNumber(buffer.toString('utf8', start, end), ',');
  if (plain === null) return is.text;
  const bytes = Buffer.from(plain);
  return classifyNumber(bytes, 0, bytes.length) ?? is.text;
}
