import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ColumnStatistics, type ColumnType, columnStatistics } from '@granary/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { csvField } from '../../load/copy-in.ts';
import { profileRows } from './profile-rows.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'granary-profile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The statistics of one column, of cells as Postgres writes them. */
async function profile(
  type: ColumnType,
  cells: readonly (string | null)[],
  decimal: { precision: number; scale: number } | null = null,
): Promise<ColumnStatistics> {
  const file = path.join(folder, 'rows.csv');
  await new Promise<void>((resolve, reject) => {
    const stream = createWriteStream(file).on('close', resolve).on('error', reject);
    stream.end(cells.map((cell, at) => `${at},${csvField(cell)}\n`).join(''));
  });
  const columns = [{ name: 'x', originalName: 'X', type, decimal }];
  const { statistics } = await profileRows({
    type: 'profile',
    id: 1,
    fifo: file,
    skip: 1,
    columns,
    workDirectory: folder,
  });
  return columnStatistics.parse(statistics[0]);
}

const parts = { p1: 0.01, p5: 0.05, p25: 0.25, p50: 0.5, p75: 0.75, p95: 0.95, p99: 0.99 };
const quantile = <T>(sorted: readonly T[], part: number) =>
  sorted[Math.max(0, Math.ceil(sorted.length * part - 1e-9) - 1)];

const topOf = (values: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a).slice(0, 20);
};

describe('statistics are those of brute force', () => {
  test('for doubles, with NaN and the infinities apart', async () => {
    const cell = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => String(value === 0 ? 0 : value)),
      fc.integer({ min: -5, max: 5 }).map(String),
      fc.constantFrom('NaN', 'Infinity', '-Infinity', null),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { maxLength: 40 }), async (cells) => {
        const found = await profile('double precision', cells);
        const present = cells.filter((value) => value !== null);
        const finite = present
          .map(Number)
          .filter(Number.isFinite)
          .sort((a, b) => a - b);
        expect(found.nulls).toBe(cells.length - present.length);
        expect(found.distinct).toEqual({ count: new Set(present.map(Number)).size, approximate: false });
        expect(found.top?.map(({ count }) => count)).toEqual(topOf(present.map((value) => String(Number(value)))));
        if (finite.length === 0) {
          expect([found.min, found.histogram]).toEqual([null, null]);
          return;
        }
        expect([found.min, found.max]).toEqual([finite[0], finite.at(-1)]);
        for (const [name, part] of Object.entries(parts)) {
          expect(found.quantiles).toHaveProperty(name, quantile(finite, part));
        }
        const edges = found.histogram!.edges.map(Number);
        const bins = edges.length - 1;
        const expected = Array.from(
          { length: bins },
          (_, at) =>
            finite.filter((x) => x >= edges[at]! && (x < edges[at + 1]! || (at === bins - 1 && x <= edges[at + 1]!)))
              .length,
        );
        expect(found.histogram!.counts).toEqual(expected);
        const largest = Math.max(...finite.map(Math.abs));
        if (largest > 1e-290 && largest < 1e300) {
          const mean = finite.reduce((sum, x) => sum + x / finite.length, 0);
          expect(Math.abs((found.mean ?? Number.NaN) - mean) / largest).toBeLessThan(1e-9);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('for bigints beyond a double, digit by digit', async () => {
    const cell = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -3n, max: 3n }));
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 30 }), async (cells) => {
        const found = await profile('bigint', cells.map(String));
        const sorted = [...cells].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        expect([String(found.min), String(found.max)]).toEqual([String(sorted[0]), String(sorted.at(-1))]);
        for (const [name, part] of Object.entries(parts)) {
          expect(
            Object.entries(found.quantiles ?? {})
              .find(([each]) => each === name)
              ?.map(String),
          ).toEqual([name, String(quantile(sorted, part))]);
        }
        expect(found.histogram!.counts.reduce((sum, count) => sum + count, 0)).toBe(cells.length);
      }),
      { numRuns: 20 },
    );
  });

  test('for any text', async () => {
    const cell = fc.option(
      fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é', '😀', "'"), maxLength: 3 }),
      { nil: null },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { maxLength: 40 }), async (cells) => {
        const found = await profile('text', cells);
        const present = cells.filter((value) => value !== null);
        expect(found.distinct?.count).toBe(new Set(present).size);
        expect(found.top?.map(({ count }) => count)).toEqual(topOf(present));
        for (const { value, count } of found.top ?? [])
          expect(present.filter((each) => each === value).length).toBe(count);
        if (present.length === 0) return;
        const lengths = present.map((value) => [...value].length);
        expect([found.lengths?.min, found.lengths?.max]).toEqual([Math.min(...lengths), Math.max(...lengths)]);
      }),
      { numRuns: 25 },
    );
  });
});

test('values between which there are hardly any doubles fall into the right bins', async () => {
  const sparse = await profile('double precision', ['0', '5e-324', '1e-322', '4.4e-323', '4.4e-323']);
  const { edges, counts } = sparse.histogram!;
  const values = [0, 5e-324, 1e-322, 4.4e-323, 4.4e-323];
  const inBin = (at: number) =>
    values.filter(
      (x) =>
        x >= Number(edges[at]) &&
        (x < Number(edges[at + 1]) || (at === counts.length - 1 && x === Number(edges[at + 1]))),
    );
  expect(counts).toEqual(counts.map((_, at) => inBin(at).length));
});

test('times are shown in ISO 8601, and infinity counts as none of them', async () => {
  expect(
    await profile('timestamptz', ['2026-11-25 10:00:00+00', 'infinity', '2026-11-26 10:00:00+00', null]),
  ).toMatchObject({
    nulls: 1,
    min: '2026-11-25T10:00:00Z',
    max: '2026-11-26T10:00:00Z',
    nonFinite: { nan: 0, infinity: 1, minusInfinity: 0 },
  });
  const days = await profile('date', ['2026-11-25', '2026-11-27', '0044-03-15 BC']);
  expect(days).toMatchObject({ min: '0044-03-15 BC', max: '2026-11-27' });
  const clock = await profile('time', ['09:02:00.5', '23:59:59']);
  expect(clock.histogram?.edges.at(-1)).toBe('23:59:59.000');
});

test('a numeric keeps its digits; flags and JSON have what applies to them', async () => {
  const exact = await profile('numeric', ['0.1', '12345678901234567890.25'], { precision: 22, scale: 2 });
  expect([exact.min, exact.max]).toEqual(['0.10', '12345678901234567890.25']);
  expect(await profile('boolean', ['t', 't', 'f'])).toMatchObject({
    top: [
      { value: true, count: 2 },
      { value: false, count: 1 },
    ],
  });
  expect(await profile('jsonb', ['{"a": 1}', null])).toMatchObject({ nulls: 1, distinct: null, top: null });
  expect(await profile('numeric', ['NaN', '1.5'])).toMatchObject({ min: '1.5', nonFinite: { nan: 1 } });
});
