import type { Member } from '@granary/db';
import type pg from 'pg';
import type { z } from 'zod';
import type { Action } from '../actions/define-action.ts';
import { type ActionDependencies, executeAction } from '../actions/execute-action.ts';
import { createDataset } from '../datasets/create-dataset.ts';
import { publishVersion, type TestTable } from './publish-version.ts';

/** Calls actions as somebody, and makes datasets from rows in memory. */
export function createDatasetCaller(dependencies: ActionDependencies, owner: pg.Pool, editor: Member) {
  const call = async <A extends Action>(
    action: A,
    input: z.input<A['input']>,
    identity: Member = editor,
  ): Promise<z.output<A['output']>> =>
    action.output.parse(await executeAction(dependencies, action, identity, input)) as z.output<A['output']>;
  return {
    call,
    async newDataset(name: string, table: TestTable): Promise<{ datasetId: string; versionId: string }> {
      const datasetId = (await call(createDataset, { name })).dataset.id;
      return { datasetId, ...(await publishVersion(owner, { ...editor, datasetId }, table)) };
    },
  };
}
