import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inspectFile } from '../child/inspect-file.ts';
import { connectDuck } from '../duck/connect.ts';
import { copyRows } from '../duck/copy-rows.ts';
import type { ReadingPlan } from '../reading-plan.ts';
import { splitColumns } from './split-columns.ts';

const cell = fc.constantFrom(
  '',
  '""',
  '1',
  '007',
  '2020-01-02',
  'text',
  '"a, b"',
  '"say ""hi"""',
  '"two\nlines"',
  'é',
  '3/4/2021',
);
const table = fc.integer({ min: 2, max: 12 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    rows: fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 8 }),
    cuts: fc.subarray(Array.from({ length: columns - 1 }, (_, index) => index + 1)),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    // a short row is set apart, so that a clean copy is made
    broken: fc.boolean(),
    form: fc.constantFrom('csv', 'json'),
  }),
);

async function copied(
  plan: ReadingPlan,
  folder: string,
  columns: readonly string[],
): Promise<{ rows: number; csv: string }> {
  const duck = await connectDuck(plan.path, folder);
  const target = path.join(folder, 'out.csv');
  const rows = await copyRows(duck.connection, plan, columns, target).finally(duck.close);
  const csv = readFileSync(target, 'utf8');
  rmSync(target);
  return { rows, csv };
}

test('the parts of a table hold what the table holds, row by row', async () => {
  await fc.assert(
    fc.asyncProperty(table, async ({ columns, rows, cuts, lineEnd, broken, form }) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'granary-split-'));
      try {
        const names = Array.from({ length: columns }, (_, index) => `n${index}`);
        const lines = [names, ...rows].map((row) => row.join(','));
        if (broken) lines.splice(2, 0, 'short');
        const objects = rows.map((row) => Object.fromEntries(row.map((value, index) => [names[index], value])));
        const file = path.join(folder, 'file');
        writeFileSync(file, form === 'csv' ? [...lines, ''].join(lineEnd) : JSON.stringify(objects));
        const plan = await inspectFile(
          {
            type: 'inspect',
            path: file,
            fileName: `file.${form}`,
            workDirectory: folder,
            overrides: form === 'csv' ? { delimiter: ',', hasHeader: true } : {},
            limits: { columns: 100, decodedBytes: 2 ** 20, recordBytes: 2 ** 16 },
          },
          () => {},
        );
        const bounds = [0, ...cuts, columns];
        const sizes = bounds.slice(1).map((end, index) => end - bounds[index]!);
        const parts = await splitColumns(plan, sizes, folder, () => {});
        for (const [index, part] of parts.entries()) {
          const own = plan.inspection.columns.slice(bounds[index], bounds[index + 1]).map(({ name }) => name);
          expect(await copied(part, folder, own)).toEqual(await copied(plan, folder, own));
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 40 },
  );
});
