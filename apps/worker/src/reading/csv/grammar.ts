import type { Buffer } from 'node:buffer';
import type { FixedLayout } from '../fixed/fixed-layout.ts';

/** How records and fields are told apart; bytes, because the text is UTF-8 and all of these are ASCII. */
export interface Grammar {
  readonly delimiter: number;
  /** null: quotes are ordinary characters. */
  readonly quote: number | null;
  /** Inside quotes a backslash takes the next byte as it is; a doubled quote is one quote in any case. */
  readonly backslash: boolean;
  /** Blanks after a delimiter belong to the delimiter. */
  readonly skipInitialSpace: boolean;
  /** Lines that begin with this are comments because the user says so, whatever else is in them; absent: nothing was said. */
  readonly comment?: Buffer | undefined;
  /** Fields are told apart by where they stand in a line, and by nothing else: there are no quotes, and the delimiter parts the clean copy's. */
  readonly layout?: FixedLayout | undefined;
}

/** Whether the line at `start` is a comment because the user says so. */
export function isToldComment(
  { comment }: Pick<Grammar, 'comment'>,
  buffer: Buffer,
  start: number,
  limit: number,
): boolean {
  if (comment === undefined || comment.length === 0 || limit - start < comment.length) return false;
  return buffer.compare(comment, 0, comment.length, start, start + comment.length) === 0;
}

export const byte = {
  nul: 0,
  tab: 9,
  lineFeed: 10,
  carriageReturn: 13,
  space: 32,
  quote: 34,
  hash: 35,
  apostrophe: 39,
  plus: 43,
  comma: 44,
  minus: 45,
  dot: 46,
  slash: 47,
  zero: 48,
  nine: 57,
  colon: 58,
  leftBracket: 91,
  backslash: 92,
  leftBrace: 123,
} as const;

/** What the bytes of a field are, or-ed together: most fields are told by this without a second look. */
export const seen = {
  digit: 1 << 0,
  minus: 1 << 1,
  dot: 1 << 2,
  slash: 1 << 3,
  colon: 1 << 4,
  space: 1 << 5,
  plus: 1 << 6,
  comma: 1 << 7,
  exponent: 1 << 8, // e E
  hex: 1 << 9, // a–f A–F but e E
  zone: 1 << 10, // T Z
  letter: 1 << 11, // any other ASCII letter
  quote: 1 << 12,
  nul: 1 << 13,
  other: 1 << 14,
  /** A line break inside quotes. */
  lineBreak: 1 << 15,
  quoted: 1 << 16,
  /** Quoted, and holds an escaped character: its text is not its bytes. */
  escaped: 1 << 17,
  /** Ends the run: never part of a field's mask. */
  stop: 1 << 18,
} as const;

/** The mask of each byte, without stops. */
function plainMasks(quote: number): Int32Array {
  const masks = new Int32Array(256).fill(seen.other);
  const put = (characters: string, mask: number) => {
    for (const character of characters) masks[character.charCodeAt(0)] = mask;
  };
  for (let letter = 65; letter <= 90; letter++) masks[letter] = masks[letter + 32] = seen.letter;
  put('0123456789', seen.digit);
  put('abcdfABCDF', seen.hex);
  put('eE', seen.exponent);
  put('TZ', seen.zone);
  put('-', seen.minus);
  put('.', seen.dot);
  put('/', seen.slash);
  put(':', seen.colon);
  put(' ', seen.space);
  put('+', seen.plus);
  put(',', seen.comma);
  put('"', seen.quote);
  masks[byte.nul] = seen.nul;
  if (quote >= 0) masks[quote] = seen.quote;
  return masks;
}

/** Masks for bytes outside quotes, where delimiter and line ends stop a field. */
export function unquotedMasks(grammar: Grammar): Int32Array {
  const masks = plainMasks(grammar.quote ?? -1);
  for (const end of [grammar.delimiter, byte.lineFeed, byte.carriageReturn]) masks[end] = seen.stop;
  return masks;
}

/** Masks for bytes inside quotes, where the quote, an escape and (to count lines) line breaks stop the run. */
export function quotedMasks(grammar: Grammar): Int32Array {
  const masks = plainMasks(grammar.quote ?? -1);
  for (const end of [byte.lineFeed, byte.carriageReturn]) masks[end] = seen.stop;
  if (grammar.quote !== null) masks[grammar.quote] = seen.stop;
  if (grammar.backslash) masks[byte.backslash] = seen.stop;
  return masks;
}
