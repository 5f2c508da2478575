import type { Reader } from '@granary/db';
import { DomainError } from '../errors/domain-error.ts';
import { selectDataset } from './dataset-query.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import type { VersionName } from './version-query.ts';

/**
 * Why there is no version to read. Only who may read the dataset learns more than that there is none: nothing was loaded
 * yet (precondition), or not under this name (not_found).
 */
export async function missingVersion(
  reader: Reader,
  tenantId: string,
  datasetId: string,
  name?: VersionName,
): Promise<DomainError> {
  const [dataset] = await reader.rows(selectDataset(tenantId, datasetId));
  return dataset ? noSuchVersion(datasetId, name) : noSuchDataset();
}

/** The same for a dataset that the caller is known to read. */
export const noSuchVersion = (datasetId: string, name?: VersionName): DomainError =>
  name === undefined
    ? new DomainError('precondition', 'nothing was loaded into the dataset yet', { datasetId })
    : new DomainError('not_found', `the dataset has no version ${name} to read`, { datasetId, version: name });
