import { byte, seen } from '../csv/grammar.ts';
import { classifyDigits, classifyNumber, isGroupedNumber } from './classify-number.ts';
import { classifyTime } from './classify-time.ts';
import { type LexicalClass, lexicalClass } from './lexical-class.ts';
import { isNullSpelling, longestNullSpelling } from './null-spellings.ts';

const inNumber = seen.digit | seen.minus | seen.plus | seen.dot | seen.exponent;
const inTime = seen.digit | seen.minus | seen.plus | seen.dot | seen.slash | seen.colon | seen.space | seen.zone;
const inNumberOrTime = inNumber | inTime;
const inUuid = seen.digit | seen.minus | seen.hex | seen.exponent;
const inWord = seen.letter | seen.hex | seen.exponent | seen.zone | seen.minus;
const inGroupedNumber = seen.digit | seen.minus | seen.dot | seen.comma;

/**
 * The class of the value in `buffer[start, end)`, whose bytes' masks are or-ed in `mask`. An object or array is taken for
 * JSON by its first byte: whoever cares looks closer.
 */
export function classifyValue(buffer: Uint8Array, start: number, end: number, mask: number): LexicalClass {
  if (start === end) return (mask & seen.quoted) === 0 ? lexicalClass.null : lexicalClass.emptyString;
  const kinds = mask & ~seen.quoted;
  if (kinds === seen.digit) return classifyDigits(buffer, start, end);
  if ((kinds & ~inNumberOrTime) === 0) {
    if ((kinds & seen.digit) === 0) return nullOrText(buffer, start, end);
    if ((kinds & ~inNumber) === 0) {
      const number = classifyNumber(buffer, start, end);
      if (number !== null) return number;
    }
    if ((kinds & ~inTime) === 0 && end - start <= 40) {
      const time = classifyTime(buffer, start, end);
      if (time !== null) return time;
      if ((kinds & seen.space) !== 0 && isPaddedNumber(buffer, start, end)) return lexicalClass.paddedNumber;
    }
    // one in some ten million has no letter but e
    if (end - start === 36 && (kinds & ~inUuid) === 0 && isUuid(buffer, start)) return lexicalClass.uuid;
    return lexicalClass.text;
  }
  const first = buffer[start];
  if (first === byte.leftBrace || first === byte.leftBracket) return lexicalClass.json;
  const length = end - start;
  if (length === 36 && (kinds & ~inUuid) === 0 && isUuid(buffer, start)) return lexicalClass.uuid;
  if (length <= 9 && length >= 3 && (kinds & ~inWord) === 0) return classifyWord(buffer, start, end);
  if ((kinds & seen.comma) !== 0 && (kinds & ~inGroupedNumber) === 0 && isGroupedNumber(buffer, start, end)) {
    return lexicalClass.groupedNumber;
  }
  return (kinds & seen.escaped) === 0 ? nullOrText(buffer, start, end) : lexicalClass.text;
}

const nullOrText = (buffer: Uint8Array, start: number, end: number) =>
  end - start <= longestNullSpelling && isNullSpelling(buffer, start, end)
    ? lexicalClass.nullSpelling
    : lexicalClass.text;

function isPaddedNumber(buffer: Uint8Array, start: number, end: number): boolean {
  let from = start;
  let to = end;
  while (from < to && buffer[from] === byte.space) from++;
  while (to > from && buffer[to - 1] === byte.space) to--;
  return from < to && classifyNumber(buffer, from, to) !== null;
}

function isUuid(buffer: Uint8Array, start: number): boolean {
  for (let index = 0; index < 36; index++) {
    const hyphen = index === 8 || index === 13 || index === 18 || index === 23;
    if ((buffer[start + index] === byte.minus) !== hyphen) return false;
  }
  return true;
}

const words = new Map<string, LexicalClass>([
  ...['true', 'True', 'TRUE', 'false', 'False', 'FALSE'].map((word): [string, LexicalClass] => [
    word,
    lexicalClass.boolean,
  ]),
  ...['nan', 'NaN', 'NAN', 'inf', 'Inf', 'INF', 'infinity', 'Infinity']
    .flatMap((word) => (word.length > 3 || /inf/i.test(word) ? [word, `-${word}`] : [word]))
    .map((word): [string, LexicalClass] => [word, lexicalClass.notFinite]),
]);
/** 1 for the first byte of a word above: nearly every other word is told by it. */
const firstBytes = new Uint8Array(256);
for (const word of words.keys()) firstBytes[word.charCodeAt(0)] = 1;

function classifyWord(buffer: Uint8Array, start: number, end: number): LexicalClass {
  if (firstBytes[buffer[start]!] === 0) return lexicalClass.text;
  let word = '';
  for (let position = start; position < end; position++) word += String.fromCharCode(buffer[position]!);
  return words.get(word) ?? nullOrText(buffer, start, end);
}

/** A number, a date or another type: neither nothing, nor text, nor what only begins like JSON. */
export const isTypedKind = (kind: LexicalClass) =>
  kind > lexicalClass.emptyString &&
  kind !== lexicalClass.text &&
  kind !== lexicalClass.json &&
  kind !== lexicalClass.paddedNumber &&
  kind !== lexicalClass.nullSpelling;
