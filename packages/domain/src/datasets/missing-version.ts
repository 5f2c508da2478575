import type { Reader } from '@granary/db';
import { DomainError } from '../errors/domain-error.ts';
import { selectDataset } from './dataset-query.ts';
import { noSuchDataset } from './no-such-dataset.ts';

/**
 * Why there is no version to read. Only who may read the dataset learns more than that there is none: nothing was loaded
 * yet (precondition), or not this number (not_found).
 */
export async function missingVersion(
  reader: Reader,
  tenantId: string,
  datasetId: string,
  number?: number,
): Promise<DomainError> {
  const [dataset] = await reader.rows(selectDataset(tenantId, datasetId));
  if (!dataset) return noSuchDataset();
  return number === undefined
    ? new DomainError('precondition', 'nothing was loaded into the dataset yet', { datasetId })
    : new DomainError('not_found', `the dataset has no version ${number} to read`, { datasetId, version: number });
}
