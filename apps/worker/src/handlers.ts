import { DomainError } from '@granary/domain';
import { copyVersion } from './copy/copy-version.ts';
import { type ExportDependencies, type ExportStep, exportDataset } from './export/export-dataset.ts';
import { failExport } from './export/export-state.ts';
import { type BuildDependencies, finishImage, runBuild } from './images/run-build.ts';
import { failIndexes, indexDataset } from './indexes/index-dataset.ts';
import { failLoad, type LoadDependencies, type LoadStep, loadDataset } from './load/load-dataset.ts';
import { profileDataset } from './profile/profile-dataset.ts';
import { failMigration, pseudonymiseDataset } from './pseudonyms/pseudonymise-dataset.ts';
import type { JobHandlers } from './queue/start-worker.ts';
import { type ReplayStep, replayQuarantine } from './replay/replay-quarantine.ts';
import { failReplay } from './replay/replay-state.ts';
import { type RunDependencies, type RunStep, runStep } from './runs/run-step.ts';
import { failStep } from './runs/step-state.ts';
import { Findings } from './verification/findings.ts';
import {
  finishVerification,
  type VerificationDependencies,
  type VerificationStep,
  verifyEdge,
} from './verification/verify-edge.ts';

export interface HandlerDependencies
  extends Omit<LoadDependencies, 'onStep'>,
    Omit<ExportDependencies, 'onStep'>,
    Omit<RunDependencies, 'onStep'>,
    Omit<VerificationDependencies, 'onStep'>,
    BuildDependencies {
  /** Awaited before each step of a load, an export, a replay, a run or a verification: where a test stops the process. */
  readonly onStep?:
    | ((step: LoadStep | ExportStep | ReplayStep | RunStep | VerificationStep, bytes: number) => Promise<void>)
    | undefined;
}

/** What the worker does for each job; exhaustive, because a contract without a handler does not compile. */
export function createHandlers(dependencies: HandlerDependencies): JobHandlers {
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
    'dataset.copy': {
      run: (input, context) => copyVersion(dependencies, input, context),
      dead: ({ versionId }) =>
        failLoad(
          dependencies.database,
          versionId,
          new DomainError('unavailable', 'copying this version failed repeatedly'),
        ),
    },
    'dataset.index': {
      run: (input, context) => indexDataset(dependencies, input, context),
      dead: ({ datasetId }) =>
        failIndexes(
          dependencies.database,
          datasetId,
          new DomainError(
            'unavailable',
            'making this index failed repeatedly; declare it again to have it tried once more',
          ),
        ),
    },
    'dataset.export': {
      run: (input, context) => exportDataset(dependencies, input, context),
      dead: ({ exportId }) =>
        failExport(
          dependencies.database,
          exportId,
          new DomainError('unavailable', 'this export failed repeatedly; ask for it again'),
        ),
    },
    'dataset.replay': {
      run: (input, context) => replayQuarantine(dependencies, input, context),
      dead: ({ replayId }) =>
        failReplay(
          dependencies.database,
          replayId,
          new DomainError('unavailable', 'this replay failed repeatedly; nothing of it was done: ask for it again'),
        ),
    },
    'edge.verify': {
      run: (input, context) => verifyEdge(dependencies, input, context),
      dead: ({ verificationId }) => {
        const findings = new Findings();
        findings.fail('run', 'verifying this failed repeatedly: the process that ran the SQL died each time');
        return finishVerification(dependencies.database, verificationId, findings);
      },
    },
    'image.build': {
      run: (input, context) => runBuild(dependencies, input, context),
      dead: async ({ imageId }) => {
        const problem = 'building it failed repeatedly, with the process that did it';
        await finishImage(dependencies.database, imageId, null, { problem });
      },
    },
    'run.step': {
      run: (input, context) => runStep(dependencies, input, context),
      dead: async (ids) => {
        const failure = { kind: 'unavailable', message: 'this step failed repeatedly, with the process that ran it' };
        await failStep(dependencies.database, ids, null, failure, false);
      },
    },
    'dataset.profile': {
      run: (input, context) => profileDataset(dependencies, input, context),
      dead: async ({ versionId }) => dependencies.log('has no statistics', { versionId }),
    },
  };
}
