import { Buffer } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { dialectOverrides } from '../inspection.ts';
import { readQuarantine } from '../quarantine-file.ts';
import { ReadError } from '../read-error.ts';
import { inspectFile } from './inspect-file.ts';

const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const duck = await instance.connect();
afterAll(() => {
  duck.closeSync();
  instance.closeSync();
});

const json = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue()), { minLength: 1, maxLength: 5 });
const table = fc
  .array(fc.tuple(fc.integer(), fc.string(), fc.constantFrom('', '""', '"x, y"', 'é', '2020-01-01')), {
    minLength: 1,
    maxLength: 8,
  })
  .map((rows) => ['id,text,mark', ...rows.map((row) => row.join(','))].join('\n'));
const aligned = fc
  .array(fc.tuple(fc.nat(999), fc.string({ maxLength: 6 }), fc.constantFrom('', 'é', 'x y', '2020-01-01')), {
    minLength: 1,
    maxLength: 9,
  })
  .map((rows) => rows.map(([a, b, c]) => `${String(a).padStart(4)}  ${b.padEnd(8)}  ${c}`).join('\n'));
const text = fc.oneof(
  table,
  aligned,
  fc.array(table, { minLength: 2, maxLength: 3 }).map((tables) => tables.join('\n,,\n\n')),
  fc.tuple(table, fc.constantFrom('p,q\n1,2\n3,4\n', '7;8\n')).map((tables) => tables.join('\n\n')),
  json.map((rows) => JSON.stringify(rows)),
  fc
    .tuple(json, fc.jsonValue(), fc.constantFrom(0, 1))
    .map(([items, meta, indent]) => JSON.stringify({ meta, data: { items } }, null, indent)),
  json.map((rows) => rows.map((row) => JSON.stringify(row)).join('\n')),
  fc.string({ unit: 'binary' }),
);

/** What a user may say, true or not: most say little. */
const anyOptions = fc
  .record(
    {
      widths: fc.oneof(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
        fc.constant<[number, number | null][]>([
          [1, 3],
          [6, null],
        ]),
      ),
      names: fc.array(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 4 }),
      table: fc.integer({ min: 1, max: 3 }),
      path: fc.constantFrom('', '/data/items', '/data', '/0'),
      hasHeader: fc.boolean(),
      headerRows: fc.nat(3),
      skipLines: fc.nat(3),
      skipFooterLines: fc.nat(3),
      ragged: fc.constantFrom('quarantine' as const, 'pad' as const),
      comment: fc.constantFrom('', '#', '1'),
      delimiter: fc.constantFrom(',', ';', ' '),
      quote: fc.constantFrom('', '"', "'"),
      types: fc.constantFrom({ a: 'bigint' as const }, { id: 'bigint' as const }, { text: 'date' as const }),
      nullValues: fc.constantFrom([], ['é', '1']),
    },
    { requiredKeys: [] },
  )
  .map((options) => Object.entries(options))
  .chain((said) => fc.subarray(said, { maxLength: 2 }))
  .map((said) => dialectOverrides.parse(Object.fromEntries(said)));

/** Files as they should be, as they are after an accident, and noise. */
const anyFile = fc
  .record({
    text,
    encoding: fc.constantFrom('utf8', 'utf8', 'utf16le', 'latin1'),
    pack: fc.constantFrom('no', 'no', 'gzip', 'zstd'),
    cut: fc.option(fc.nat({ max: 200 })),
    damage: fc.array(fc.tuple(fc.nat({ max: 500 }), fc.nat({ max: 255 })), { maxLength: 2 }),
    noise: fc.oneof(
      { weight: 9, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
    ),
  })
  .map(({ text: content, encoding, pack, cut, damage, noise }) => {
    if (noise) return Buffer.from(noise);
    const encoded = Buffer.from(content, encoding);
    const bytes = pack === 'gzip' ? gzipSync(encoded) : pack === 'zstd' ? zstdCompressSync(encoded) : encoded;
    for (const [at, value] of damage) if (at < bytes.length) bytes[at] = value;
    return cut === null ? bytes : bytes.subarray(0, cut);
  });

test('any bytes are either read with every row accounted for, or refused with a reason', async () => {
  let read = 0;
  await fc.assert(
    fc.asyncProperty(anyFile, fc.oneof(fc.constant({}), anyOptions), async (bytes, overrides) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'granary-inspect-'));
      try {
        writeFileSync(path.join(folder, 'file'), bytes);
        const plan = await inspectFile(
          {
            type: 'inspect',
            path: path.join(folder, 'file'),
            fileName: 'file',
            workDirectory: folder,
            overrides,
            limits: { columns: 1000, decodedBytes: 2 ** 24, recordBytes: 2 ** 20 },
          },
          () => {},
        );
        const { inputRows, cleanRows, quarantinedRows } = plan.inspection;
        expect(inputRows).toBe(cleanRows + quarantinedRows);
        const counted = await duck.runAndReadAll(`select count(*)::integer from ${plan.source}`);
        expect(counted.getRows()).toEqual([[cleanRows]]);
        let apart = 0;
        if (quarantinedRows > 0) for await (const row of readQuarantine(folder)) apart += row.line > 0 ? 1 : 0;
        expect(apart).toBe(quarantinedRows);
        read++;
      } catch (error) {
        // anything else, and a fault of ours ('crashed'), fails the property
        if (!(error instanceof ReadError) || error.kind === 'crashed') throw error;
        expect(error.message).toMatch(/^[A-Z].{10,}\.$/s);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 700 },
  );
  expect(read).toBeGreaterThan(50);
});
