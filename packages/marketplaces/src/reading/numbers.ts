import type { Quantity } from '../plugin-facts.ts';

/** Of the words that stand for a power of ten after a number, in the languages that marketplaces are shown in. */
const scales: ReadonlyMap<string, number> = new Map([
  ...['k', 'т', 'тыс', 'тис', 'tys', 'tis', 'tsd', 'mil', 'mila', 'thousand', 'rb', 'хил', 'bin'].map(scaled(1e3)),
  ...['m', 'mn', 'mio', 'mln', 'млн', 'mill', 'million', 'millions', 'millionen', 'millones', 'jt', 'mi'].map(
    scaled(1e6),
  ),
  ...['b', 'bn', 'mrd', 'mld', 'млрд', 'mlrd', 'billion'].map(scaled(1e9)),
  ...['lakh', 'लाख'].map(scaled(1e5)),
  ...['crore', 'करोड़'].map(scaled(1e7)),
]);
/** They stand directly before other letters. */
const eastAsianScales: ReadonlyMap<string, number> = new Map([
  ...['千', '천'].map(scaled(1e3)),
  ...['万', '萬', '만'].map(scaled(1e4)),
  ...['億', '亿', '억'].map(scaled(1e8)),
]);

function scaled(scale: number): (word: string) => [string, number] {
  return (word) => [word, scale];
}

const maxLength = 200;
const separators = `,.'’\u00a0\u2009\u202f\u066b\u066c `;
const numberPattern = new RegExp(`[0-9]+(?:[${separators}][0-9]+)*`);
const lowerBound =
  /^(?:>|≥|over |more than |at least |mehr als |über |plus de |más de |mais de |più di )|(?:\+|以上|이상|以上)/i;
const upperBound = /^(?:<|≤|~|fewer than|less than|under |up to |about |weniger als|moins de|menos de|meno di)/i;

/**
 * How many a text says: "1,000,000 users", "1.000.000", "1 000 000", "10,00,000", "(3K ratings)", "103K+", "1,2 Mio.",
 * "10万". A number with a plus or with a word for thousands or millions is a lower bound. Null where it is no count, or
 * could be two different ones: a fraction, several numbers, a negative one, an upper bound.
 */
export function readCount(text: string): Quantity | null {
  if (text.length > maxLength) return null;
  const plain = asciiDigits(text).trim().replace(/^\(+/, '');
  const found = numberPattern.exec(plain);
  if (found === null) return null;
  const before = plain.slice(0, found.index);
  const after = plain.slice(found.index + found[0].length);
  if (/[0-9-−–]$|[0-9]/.test(before) || /[0-9]|^\s?%/.test(after) || upperBound.test(plain)) return null;
  const scale = scaleOf(after);
  const value = scale === null ? integer(found[0]) : scaledNumber(found[0], scale);
  if (value === null || !Number.isSafeInteger(value)) return null;
  return {
    value,
    bound: scale !== null || lowerBound.test(before) || /\+|以上|이상/.test(after) ? 'at_least' : 'exact',
  };
}

function scaleOf(after: string): number | null {
  const word = /^[\s\u00a0\u202f]?(\p{L}[\p{L}\p{M}]*)/u.exec(after)?.[1]?.toLowerCase();
  if (word === undefined) return null;
  return scales.get(word) ?? eastAsianScales.get(word.charAt(0)) ?? null;
}

/** "1,234,567": every part but the first has three digits, or, by the Indian way, two and the last three. */
function integer(number: string): number | null {
  const { parts, marks } = split(number);
  if (parts.length > 1 && !isGrouped(parts, marks)) return null;
  return Number(parts.join(''));
}

/** "1.2" of millions, "1,234" of thousands is either, so it is none. */
function scaledNumber(number: string, scale: number): number | null {
  const { parts, marks } = split(number);
  if (parts.length === 1) return Number(number) * scale;
  const fraction = parts.at(-1) ?? '';
  const whole = parts.slice(0, -1);
  const decimal = marks.at(-1) ?? '';
  if (!/[.,\u066b]/.test(decimal) || fraction.length > 2 || marks.slice(0, -1).includes(decimal)) return null;
  if (whole.length > 1 && !isGrouped(whole, marks.slice(0, -1))) return null;
  return Math.round(Number(`${whole.join('')}.${fraction}`) * scale);
}

function split(number: string): { readonly parts: readonly string[]; readonly marks: readonly string[] } {
  return { parts: number.match(/[0-9]+/g) ?? [], marks: number.match(/[^0-9]/g) ?? [] };
}

function isGrouped(parts: readonly string[], marks: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  if (new Set(marks).size !== 1 || first.length > 3 || first.startsWith('0')) return false;
  if (rest.every((part) => part.length === 3)) return true;
  const last = rest.pop() ?? '';
  return marks[0] === ',' && first.length <= 2 && last.length === 3 && rest.every((part) => part.length === 2);
}

/** Digits of other scripts that marketplaces are shown in: Arabic, Persian, Devanagari, Bengali, full width. */
function asciiDigits(text: string): string {
  return text.replace(/[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\uff10-\uff19]/g, (digit) => {
    const code = digit.charCodeAt(0);
    const zero = [0x0660, 0x06f0, 0x0966, 0x09e6, 0xff10].find((start) => code >= start && code < start + 10) ?? code;
    return String(code - zero);
  });
}

/** A count that a source gives as a number; null for what is none: a fraction, a negative number, more than can be held. */
export function exactCount(value: number | null): Quantity | null {
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? { value, bound: 'exact' } : null;
}

export function atLeast(value: number | null): Quantity | null {
  const count = exactCount(value);
  return count && { value: count.value, bound: 'at_least' };
}
