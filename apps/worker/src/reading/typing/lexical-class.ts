/**
 * Every value of a file falls into exactly one of these by its spelling. A column's type follows from how many values
 * fell into which class, so one pass gives types, evidence and counter-examples alike.
 *
 * What is told apart is what Postgres would take differently: `007` is no number, for it would lose its zeros.
 */
export const lexicalClass = {
  /** Nothing at all: NULL. */
  null: 0,
  /** `""` */
  emptyString: 1,
  /** A whole number without sign or zeros in front, up to 15 digits: exact as a double. */
  integer: 2,
  /** … of 16 to 18 digits: exact as a bigint. */
  longInteger: 3,
  /** … of 19 digits or more: an identifier, or a number that only numeric can hold. */
  hugeInteger: 4,
  leadingZero: 5,
  plusSign: 6,
  /** Up to 15 significant digits: a double shows them again as they were. */
  decimal: 7,
  longDecimal: 8,
  exponent: 9,
  /** With an exponent, and more digits or a greater size than a double is exact for. */
  longExponent: 10,
  notFinite: 11,
  boolean: 12,
  isoDate: 13,
  yearFirstDate: 14,
  dayFirstDate: 15,
  monthFirstDate: 16,
  ambiguousDate: 17,
  isoTimestamp: 18,
  zonedTimestamp: 19,
  yearFirstTimestamp: 20,
  dayFirstTimestamp: 21,
  monthFirstTimestamp: 22,
  ambiguousTimestamp: 23,
  time: 24,
  uuid: 25,
  /** An object or array that jsonb takes and gives back whole. */
  json: 26,
  paddedNumber: 27,
  groupedNumber: 28,
  text: 29,
  /** Part of a JSON file that jsonb would refuse or not give back whole: a key twice, a number of thousands of digits. */
  unsafeJson: 30,
  /** `NA`, `?` and others by which people say that there is nothing (see `null-spellings.ts`). */
  nullSpelling: 31,
} as const;

export type LexicalClass = (typeof lexicalClass)[keyof typeof lexicalClass];

/** How many classes there are. */
export const classCount = Object.keys(lexicalClass).length;

/** Each class in the words of a report. */
export const classNames: Readonly<Record<LexicalClass, string>> = {
  0: 'nothing',
  1: 'an empty string',
  2: 'a whole number',
  3: 'a whole number of more than 15 digits',
  4: 'a number of more than 18 digits',
  5: 'a number with leading zeros',
  6: 'a number with a plus sign',
  7: 'a decimal number',
  8: 'a decimal number of more than 15 digits',
  9: 'a number with an exponent',
  10: 'a number with an exponent, too large or too exact for a double',
  11: 'not a number or infinite',
  12: 'true or false',
  13: 'a date',
  14: 'a date',
  15: 'a date, day first',
  16: 'a date, month first',
  17: 'a date in which day and month cannot be told apart',
  18: 'a date with time',
  19: 'a date with time and zone',
  20: 'a date with time',
  21: 'a date with time, day first',
  22: 'a date with time, month first',
  23: 'a date with time in which day and month cannot be told apart',
  24: 'a time',
  25: 'a UUID',
  26: 'JSON',
  27: 'a number with blanks around it',
  28: 'a number with commas in it',
  29: 'text',
  30: 'JSON that cannot be stored as it is',
  31: 'a spelling of nothing',
};
