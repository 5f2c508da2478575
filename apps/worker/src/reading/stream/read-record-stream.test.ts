import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RecordTable } from '../records/record-table.ts';
import { readStream } from './read-stream.ts';
import type { StreamCell, UnfitRow } from './stream-protocol.ts';

const column = (name: string): RecordTable['columns'][number] => ({
  name,
  originalName: name,
  type: 'text',
  nullValues: null,
  dateOrder: null,
  decimalSeparator: '.',
});
const csv: RecordTable = {
  grammar: { delimiter: 44, quote: 34, backslash: false, skipInitialSpace: false },
  comment: '',
  pad: false,
  columns: ['a', 'b'].map(column),
};
const limits = { columns: 2, decodedBytes: 1e9, recordBytes: 1e6 };

async function read(records: RecordTable, texts: readonly string[], chunkBytes = 1 << 16) {
  const bytes = Buffer.from(texts.map((text) => `${text}\0`).join(''));
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  const rows: StreamCell[][] = [];
  const unfit: UnfitRow[] = [];
  const sink = {
    table: () => {},
    row: (cells: StreamCell[]) => void rows.push(cells),
    unfit: (row: UnfitRow) => void unfit.push(row),
    flush: async () => {},
  };
  const end = await readStream(chunks(), { overrides: {}, limits, records }, sink);
  return { rows, unfit, end };
}

test('each text is a row of its own, named by its position, and none repeats what is refused', async () => {
  const { rows, unfit, end } = await read(csv, ['1,x', '2,"opened', '', '3,"a""b\nc"', '4,y\n5,z', '6', '"7"8,9']);
  expect(rows).toEqual([
    ['1', '1', 'x'],
    ['4', '3', ['a"b\nc']],
  ]);
  expect(unfit.map(({ line, raw, reason }) => [line, raw, reason])).toEqual([
    [2, '', 'a quote is opened and never closed'],
    [3, '', 'it is empty'],
    [5, '', 'it is more than one row'],
    [6, '', '1 field where 2 are expected'],
    [7, '', 'there is text after a closing quote'],
  ]);
  expect(end).toMatchObject({ inputRows: 7, cleanRows: 2, unfitRows: 5 });
});

test('objects have the keys of the file, and what has others is not named', async () => {
  const { rows, unfit } = await read({ ...csv, grammar: null }, [
    '{"b":1,"a":"x"}',
    '{"c":1}',
    '{"a":1,"a":2}',
    '{"a":',
  ]);
  expect(rows).toEqual([['1', ['x'], '1']]);
  expect(unfit.map(({ reason }) => reason).slice(0, 2)).toEqual([
    'it has a key that no row of the file has',
    'one of its keys appears twice',
  ]);
  expect(unfit).toHaveLength(3);
});

test('whatever was quoted comes back, wherever the stream is cut', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), { minLength: 1 }),
      fc.integer({ min: 1, max: 50 }),
      async (pairs, chunkBytes) => {
        const clean = pairs.map((pair) => pair.map((text) => text.replaceAll('\0', '')));
        const texts = clean.map((pair) => pair.map((text) => `"${text.replaceAll('"', '""')}"`).join(','));
        const { rows } = await read(csv, texts, chunkBytes);
        expect(rows).toEqual(clean.map((pair, index) => [String(index + 1), ...pair.map((text) => [text])]));
      },
    ),
    { numRuns: 50 },
  ));
