import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dependenciesOf } from '../../isolation/populate.ts';
import { createDatasetCaller } from '../../testing/dataset-caller.ts';
import { queryRows } from '../query-rows.ts';
import type { CellValue } from '../row-values.ts';
import { changeRows } from './change-rows.ts';
import { getRow } from './get-row.ts';
import { revertChange } from './revert-change.ts';
import type { RowChange } from './schema.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const { as } = await createTestOrganization(owner, 'ours');
const { call, newDataset } = createDatasetCaller(dependenciesOf(database), owner, as.editor);

const columns = [
  { name: 't', type: 'text' },
  { name: 'b', type: 'bigint' },
  { name: 'd', type: 'double precision' },
  { name: 'n', type: 'numeric' },
  { name: 'z', type: 'timestamptz' },
  { name: 'j', type: 'jsonb' },
  { name: 'u', type: 'uuid' },
] as const;

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !value.includes('\0'));
const instant = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().replace(/\.(\d*?)0*Z$/, (_, digits) => (digits ? `.${digits}Z` : 'Z')));
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value): CellValue => JSON.parse(JSON.stringify(value)))
  .filter((value) => !/\\u0000|__proto__/.test(JSON.stringify(value)));
const values = {
  t: text,
  b: fc.oneof(fc.maxSafeInteger(), fc.constant('9223372036854775807'), fc.constant('-9223372036854775808')),
  d: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom('NaN', 'Infinity', '-Infinity')),
  n: fc
    .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.stringMatching(/^\d{1,30}$/))
    .map(([whole, part]) => `${whole}.${part}`),
  z: instant,
  j: json,
  u: fc.uuid(),
};
const cells = fc
  .record(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fc.option<CellValue>(value)])), {
    requiredKeys: [],
  })
  .map(
    (row): Record<string, CellValue> =>
      Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  );
const rowId = fc.integer({ min: 1, max: 6 });
const operation = fc.oneof(
  fc.record({ op: fc.constant('update' as const), rowId, set: cells.filter((set) => Object.keys(set).length > 0) }),
  fc.record({ op: fc.constant('delete' as const), rowId }),
  fc.record({ op: fc.constant('insert' as const), values: cells }),
);

let count = 0;
const content = async (datasetId: string) => {
  const page = await call(queryRows, { datasetId, limit: 1000 });
  return page.rows.map((row, index) => ({ rowId: page.rowIds[index], row }));
};

test('whatever is written is read back as it was sent; taken back newest first, every change leaves what was before it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      async (sets) => {
        count += 1;
        const rows = Array.from({ length: 3 }, (_, i) => [
          `r${i}`,
          String(i),
          '0.1',
          '1.10',
          '2026-01-01 00:00:00+00',
          '{"a": 1}',
          null,
        ]);
        const { datasetId } = await newDataset(`property ${count}`, { columns, rows, chunkSize: 3 });
        const states = [await content(datasetId)];
        const numbers: number[] = [];
        for (const operations of sets) {
          const present = new Set(states.at(-1)?.map((row) => row.rowId));
          const seen = new Set<number>();
          const changes: RowChange[] = [];
          for (const each of operations) {
            if (each.op === 'insert') changes.push(each);
            else if (present.has(each.rowId) && !seen.has(each.rowId)) {
              seen.add(each.rowId);
              const { revision } = await call(getRow, { datasetId, rowId: each.rowId });
              changes.push({ ...each, revision });
            }
          }
          if (changes.length === 0) continue;
          const done = await call(changeRows, { datasetId, version: 1, changes });
          const after = await content(datasetId);
          for (const [index, change] of changes.entries()) {
            const row = after.find((each) => each.rowId === done.rows[index]?.rowId)?.row;
            if (change.op === 'delete') expect(row).toBeUndefined();
            const sent = change.op === 'update' ? change.set : change.op === 'insert' ? change.values : {};
            for (const [name, value] of Object.entries(sent))
              expect(row?.[columns.findIndex((column) => column.name === name)], name).toEqual(value);
          }
          if (done.changeSet === null) {
            expect(after).toEqual(states.at(-1));
            continue;
          }
          numbers.push(done.changeSet);
          states.push(after);
        }
        for (const number of numbers.reverse()) {
          expect(await content(datasetId)).toEqual(states.pop());
          await call(revertChange, { datasetId, version: 1, number });
          expect(await content(datasetId)).toEqual(states.at(-1));
        }
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);
