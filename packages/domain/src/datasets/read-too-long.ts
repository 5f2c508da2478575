import { DomainError } from '../errors/domain-error.ts';

/**
 * For a read of rows that the statement's time limit ended (query_canceled): the caller asked for too much, and is told what
 * takes less. Throws whatever came otherwise.
 */
export function readTooLong(error: unknown): never {
  if (!(error instanceof Error && 'code' in error && error.code === '57014')) throw error;
  throw new DomainError(
    'limit_reached',
    'reading these rows took longer than a read may: filter or order by a column that datasets.index has indexed, or ask for fewer columns',
    { hint: 'datasets.index' },
    { cause: error },
  );
}
