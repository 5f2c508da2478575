import { InvalidArgumentError } from 'commander';

/** A whole number from 1, for an option. */
export function parsePositive(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('a whole number from 1');
}
