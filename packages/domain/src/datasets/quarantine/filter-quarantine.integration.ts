import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { expect, test } from 'vitest';
import { dependenciesOf } from '../../isolation/populate.ts';
import { countExplained } from '../../testing/count-explained.ts';
import { createDatasetCaller } from '../../testing/dataset-caller.ts';
import { selectVersion } from '../version-query.ts';
import { listQuarantine } from './list-quarantine.ts';
import { selectQuarantine } from './select-quarantine.ts';
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

test('text that looks as if it were sealed, of a file that was not, is shown as it stands there', async () => {
  const { datasetId, versionId } = await newDataset('looks', { columns: [{ name: 'a', type: 'text' }], rows: [] });
  const raw = 'sealed:019b0000-0000-7000-8000-000000000000:file:x,1,2';
  await owner.query(
    `insert into quarantined_rows (tenant_id, dataset_id, version_id, number, line, byte_offset, raw, reason)
     values ($1, $2, $3, 1, 1, 0, $4, 'short')`,
    [as.editor.tenantId, datasetId, versionId, raw],
  );
  const { items } = await call(listQuarantine, { datasetId });
  expect(items).toMatchObject([{ raw, sealed: false }]);
});

test.for(['force_custom_plan', 'force_generic_plan'] as const)(
  'under %s a page looks at few rows, however many there are',
  async (plans) => {
    const { datasetId, versionId } = await newDataset(`many ${plans}`, {
      columns: [{ name: 'a', type: 'text' }],
      rows: [],
    });
    const ids = [as.editor.tenantId, datasetId, versionId];
    await owner.query(
      `insert into quarantined_rows (tenant_id, dataset_id, version_id, number, line, byte_offset, raw, reason)
     select $1, $2, $3, n, n, 0, 'x', 'short' from generate_series(1, 20000) n`,
      ids,
    );
    await owner.query(
      `insert into quarantine_reviews (tenant_id, dataset_id, version_id, number, revision, state, correction, corrected_by, corrected_at)
     select $1, $2, $3, n * 2, 1, 'open', 'y', $4, now() from generate_series(1, 10000) n`,
      [...ids, as.editor.userId],
    );
    await owner.query('analyze quarantined_rows, quarantine_reviews');
    for (const cursor of [0, 10_000, 19_900]) {
      const version = selectVersion(as.editor.tenantId, datasetId, 1);
      const page = selectQuarantine(as.editor.tenantId, version, {}, cursor).limit(10);
      expect(await countExplained(database.pool('granary_api'), as.editor, page, plans)).toBeLessThanOrEqual(40);
    }
  },
);
