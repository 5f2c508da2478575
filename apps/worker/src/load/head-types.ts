import { type ColumnType, DomainError } from '@granary/domain';
import type { InspectedColumn } from '../reading/inspection.ts';
import type { Delivery } from './delivery.ts';

/**
 * The columns whose values are of another type in the file than in the dataset, with the type that they have there: read
 * so, a row whose value does not fit goes to quarantine, and the others go in. Throws DomainError invalid where the user
 * says that such a column is of another type.
 */
export function typesOfHead(
  { columns: head, options: { types: said = {} } }: Pick<Delivery, 'columns' | 'options'>,
  columns: readonly InspectedColumn[],
): Readonly<Record<string, ColumnType>> {
  const other = columns.flatMap(({ name, originalName, type, evidence }) => {
    const wanted = head.get(name)?.type;
    if (wanted === undefined || wanted === type) return [];
    if (said[name] === type || said[originalName] === type)
      throw new DomainError('invalid', `${name} is ${wanted} in the dataset: the file cannot be read as ${type}`, {
        column: name,
        type: wanted,
      });
    // a column without a value is of no type
    return evidence.values + evidence.emptyStrings > 0 ? [[name, wanted] as const] : [];
  });
  return Object.fromEntries(other);
}
