import { DomainError } from '../../errors/domain-error.ts';
import type { CatalogueVersion } from '../catalogue-memory.ts';
import { columnsOf } from '../row-columns.ts';
import type { Comparison } from './diff-query.ts';

/** Both versions' cells stand in one row of a join, which holds at most 1664 (PostgreSQL, appendix K). */
const mostColumns = 800;

/** The columns that came, went, or have another type now; matched by name. */
export function compareSchemas(from: CatalogueVersion, to: CatalogueVersion) {
  const before = typesOf(from);
  const after = typesOf(to);
  const ofType = ({ columns }: CatalogueVersion) => columns.map(({ name, type }) => ({ name, type }));
  return {
    added: ofType(to).filter(({ name }) => !before.has(name)),
    removed: ofType(from).filter(({ name }) => !after.has(name)),
    retyped: ofType(to).flatMap(({ name, type }) => {
      const earlier = before.get(name);
      return earlier === undefined || earlier === type ? [] : [{ name, before: earlier, after: type }];
    }),
  };
}

/** What to compare, and by what. Throws DomainError invalid for columns that cannot be, limit_reached for too many. */
export function planComparison(
  from: CatalogueVersion,
  to: CatalogueVersion,
  {
    keyColumns,
    columns,
  }: { readonly keyColumns?: readonly string[] | undefined; readonly columns?: readonly string[] | undefined },
  isCopy: boolean,
): Comparison {
  const keys = [...new Set(keyColumns)];
  const before = typesOf(from);
  const after = typesOf(to);
  for (const name of [...keys, ...(columns ?? [])]) {
    if (name === 'rowid') throw new DomainError('invalid', 'rowid is no column of a file', { column: name });
    for (const version of [from, to]) columnsOf(version)(name);
  }
  for (const name of keys) {
    if (before.get(name) !== after.get(name) || after.get(name) === 'jsonb')
      throw new DomainError('invalid', `${name} has another type in each version, or holds JSON: it is no key`, {
        column: name,
      });
  }
  const common = columns ? [...new Set(columns)] : [...before.keys()].filter((name) => after.has(name));
  const compared = common.filter((name) => !keys.includes(name));
  const by = keys.length > 0 ? 'columns' : isCopy ? 'rowid' : 'content';
  if (compared.length > mostColumns)
    throw new DomainError(
      'limit_reached',
      `the versions have ${compared.length} columns in common, of which ${mostColumns} can be compared at a time: choose with \`columns\``,
      { columns: compared.length, limit: mostColumns, hint: 'columns' },
    );
  if (compared.length === 0 && by === 'content')
    throw new DomainError('precondition', 'the versions have no column in common by which to compare their rows');
  return {
    from,
    to,
    by,
    keys,
    columns: compared.map((name) => ({ name, isRetyped: before.get(name) !== after.get(name) })),
  };
}

const typesOf = ({ columns }: CatalogueVersion) => new Map(columns.map(({ name, type }) => [name, type]));
