import { InvalidArgumentError } from 'commander';

/** How many at most, of what comes in pages. */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError('from 1 to 1000');
}
