import { shorten } from './bounded-text.ts';

/** Why a value does not fit the type that is given, in words that begin with the value. */
export const misfitReason = (value: string, why: string, type: string): string =>
  `${JSON.stringify(shorten(value, 100))} ${why}, and the column is to be ${type}`;

/** A reason that does not say what the value is: one that came into another column may be what identifies people. */
export const withoutValue = (reason: string): string => reason.replace(/^"(?:[^"\\]|\\.)*"/, 'its value');
