import { DomainError } from '../errors/domain-error.ts';
import type { CatalogueVersion } from './catalogue-memory.ts';
import type { OrderTerm } from './row-order.ts';

/** So many rows are sorted for a page; beyond, an order needs an index. About a second of one core. */
const mostRowsToSort = 1_000_000;

/** Whether an index gives the rows in this order: the key, or one indexed column with the key for its ties. */
export function isServed({ indexed }: CatalogueVersion, terms: readonly OrderTerm[]): boolean {
  const [first, second, ...others] = terms;
  if (first?.column.type === 'rowid') return true;
  return (
    first !== undefined && second?.column.type === 'rowid' && others.length === 0 && indexed.includes(first.column.name)
  );
}

/**
 * Throws limit_reached where every row of a large version would have to be sorted. A filter may leave few of them, which
 * nobody knows before; then the time limit of statements bounds the cost.
 */
export function refuseCostlyOrder(version: CatalogueVersion, terms: readonly OrderTerm[], isFiltered: boolean): void {
  if (isFiltered || version.rows <= mostRowsToSort || isServed(version, terms)) return;
  const column = terms[0]?.column.name ?? '';
  const reason = version.indexed.includes(column) ? 'by more than one column' : `by ${column}, which has no index`;
  throw new DomainError(
    'limit_reached',
    `a version of ${version.rows} rows cannot be ordered ${reason}: declare one with datasets.index and order by that column alone, or filter`,
    { rows: version.rows, limit: mostRowsToSort, column, hint: 'datasets.index' },
  );
}
