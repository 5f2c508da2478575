import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { dependenciesOf } from '../../isolation/populate.ts';
import { createDatasetCaller } from '../../testing/dataset-caller.ts';
import { listQuarantine } from './list-quarantine.ts';
import { summarizeQuarantine } from './summarize-quarantine.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as } = await createTestOrganization(owner, 'ours');
const { call, newDataset } = createDatasetCaller(dependenciesOf(database), owner, as.editor);

test('quarantine is filtered by column and by what a reason contains, and counted by reason', async () => {
  const { datasetId, versionId } = await newDataset('rows', { columns: [{ name: 'a', type: 'text' }], rows: [] });
  const empty = await call(summarizeQuarantine, { datasetId });
  expect(empty).toEqual({ version: 1, rows: 0, reasons: [] });
  await owner.query(
    `insert into quarantined_rows (tenant_id, dataset_id, version_id, number, line, byte_offset, raw, reason, column_name)
     select $1, $2, $3, n, n, 0, 'x', case when n <= 3 then '100% short' else 'reason ' || n end, case when n <= 3 then 'a' end
     from generate_series(1, 30) n`,
    [as.editor.tenantId, datasetId, versionId],
  );
  const numbers = async (filter: { column?: string; reason?: string }) =>
    (await call(listQuarantine, { datasetId, ...filter })).items.map(({ number }) => number);
  expect(await numbers({ column: 'a' })).toEqual([1, 2, 3]);
  expect(await numbers({ reason: '0%' })).toEqual([1, 2, 3]);
  expect(await numbers({ reason: 'n 2' })).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  expect(await numbers({ column: 'a', reason: 'n 2' })).toEqual([]);
  expect(await numbers({ reason: "'; --" })).toEqual([]);

  const summary = await call(summarizeQuarantine, { datasetId });
  expect(summary.rows).toBe(30);
  expect(summary.reasons).toHaveLength(20);
  expect(summary.reasons[0]).toEqual({ reason: '100% short', column: 'a', rows: 3 });
  await expect(call(summarizeQuarantine, { datasetId }, as.colleague)).rejects.toMatchObject({ kind: 'not_found' });
});
