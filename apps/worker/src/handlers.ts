import { DomainError } from '@granary/domain';
import { failLoad, type LoadDependencies, loadDataset } from './load/load-dataset.ts';
import { failMigration, pseudonymiseDataset } from './pseudonyms/pseudonymise-dataset.ts';
import type { JobHandlers } from './queue/start-worker.ts';

/** What the worker does for each job; exhaustive, because a contract without a handler does not compile. */
export function createHandlers(dependencies: LoadDependencies): JobHandlers {
  return {
    'dataset.load': {
      run: (input, context) => loadDataset(dependencies, input, context),
      dead: ({ versionId }) =>
        failLoad(
          dependencies.database,
          versionId,
          new DomainError('unavailable', 'loading this file failed repeatedly; nothing of it was published'),
        ),
    },
    'dataset.pseudonymise': {
      run: (input, context) => pseudonymiseDataset(dependencies, input, context),
      dead: ({ datasetId }) => failMigration(dependencies.database, datasetId),
    },
  };
}
