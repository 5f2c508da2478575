import { Buffer } from 'node:buffer';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { CleanRowsFile } from '../../pseudonyms/clean-rows-file.ts';
import { columnNames } from '../column-names.ts';
import { readInProcess } from '../testing/read-in-process.ts';
import { readStream } from './read-stream.ts';
import type { JsonKey, StreamCell, StreamEnd, UnfitRow } from './stream-protocol.ts';
import type { StreamSink } from './stream-sink.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'granary-json-stream-'));
afterAll(() => rm(folder, { recursive: true }));

const limits = { columns: 1000, decodedBytes: 2 ** 30, recordBytes: 2 ** 20 };
async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Sent {
  readonly end: StreamEnd;
  readonly names: readonly string[];
  readonly rows: StreamCell[][];
  readonly unfit: UnfitRow[];
}

async function read(content: string | Buffer, size: number, keys?: JsonKey[]): Promise<Sent> {
  const sent = { names: [] as readonly string[], rows: [] as StreamCell[][], unfit: [] as UnfitRow[] };
  const sink: StreamSink = {
    table: ({ names }) => {
      sent.names = names;
    },
    row: (cells) => void sent.rows.push(cells),
    unfit: (row) => void sent.unfit.push(row),
    flush: async () => {},
  };
  const end = await readStream(
    inPieces(Buffer.from(content), size),
    { overrides: { encoding: 'utf-8' }, limits, keys },
    sink,
  );
  return { ...sent, end };
}

async function readTwice(content: string | Buffer, size = 1 << 20) {
  const first = await read(content, size);
  expect([first.names, first.rows, first.unfit, first.end.inputRows]).toEqual([[], [], [], 0]);
  const keys = first.end.keys ?? [];
  return {
    keys,
    ...(await read(content, size, keys)),
  };
}

const value = fc.constantFrom<unknown>(
  null,
  true,
  12,
  1.5,
  -0.25,
  '7',
  '007',
  'NA',
  '',
  ' x',
  '2020-01-31',
  'a,b',
  'two\nlines',
  '"q"',
  'é',
  { k: 1 },
  [1, 'a'],
  9007199254740993n,
);
const stringify = (object: Record<string, unknown>) =>
  JSON.stringify(object, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each));
const object = fc.dictionary(fc.constantFrom('id', 'Some Name', 'c', 'd'), value, { minKeys: 1, maxKeys: 4 });
const line = fc.oneof(
  { weight: 9, arbitrary: object.map(stringify) },
  { weight: 1, arbitrary: fc.constantFrom('', '{"id":', '[1]', '{"id":1,"id":2}', '{"id":1} x') },
);

test('the rows and types that come of a stream of JSON Lines are those of reading the whole file', {
  timeout: 600_000,
}, async () => {
  const lines = fc.tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'));
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 1, max: 30 }), async ([each, lineEnd], size) => {
      const content = ['{"id":1,"z":0}', ...each, ''].join(lineEnd);
      const whole = await readInProcess('rows.jsonl', content);
      const { keys, end, names, rows, unfit } = await readTwice(content, size);
      expect([end.format, end.inputRows, end.cleanRows, end.unfitRows]).toEqual([
        'jsonl',
        whole.inputRows,
        whole.cleanRows,
        whole.quarantinedRows,
      ]);
      expect(unfit.map(({ line, byteOffset, raw }) => [line, byteOffset, raw])).toEqual(
        whole.quarantine.map(({ line, byteOffset, raw }) => [line, byteOffset, raw]),
      );
      const target = path.join(folder, 'rows.csv');
      await rm(target, { force: true });
      const table = { delimiter: ',', columns: names.length, identifiers: new Set<number>(), replace: () => null };
      const file = await CleanRowsFile.create(target, table, names);
      await file.add(rows);
      await file.close();
      const legal = columnNames(names);
      const types = Object.fromEntries(keys.flatMap(({ type }, index) => (type ? [[legal[index]!, type]] : [])));
      const overrides = {
        delimiter: ',',
        quote: '"',
        escape: '"',
        encoding: 'utf-8',
        hasHeader: true,
        skipLines: 0,
        types,
      };
      const again = await readInProcess('rows.csv', await readFile(target), overrides);
      expect(again.quarantine).toEqual([]);
      expect(again.types).toEqual(whole.types);
      expect(again.csv).toBe(whole.csv);
    }),
    { numRuns: 60 },
  );
});

test('no reason and no error repeats what stands in the file', async () => {
  const { unfit } = await readTwice('{"a":1}\n{"JANE":1,"JANE":2}\n{"JANE" 1}\nJANE\n{"JANE":"\\u0000"}\n');
  expect(unfit).toHaveLength(4);
  for (const { reason } of unfit) expect(reason).not.toContain('JANE');
  for (const content of ['{"JANE"}\n{}\n', '[{"a":"JANE"}]', '["JANE"]', '{\n"a":"JANE"}'])
    await expect(read(content, 100)).rejects.toThrow(expect.not.stringMatching(/JANE/));
});

test('a line that is too long ends the reading, and bytes that are no text set their line apart', async () => {
  const small = { ...limits, recordBytes: 1 << 20 };
  const sink: StreamSink = { table: () => {}, row: () => {}, unfit: () => {}, flush: async () => {} };
  const long = Buffer.from(`{"a":1}\n{"a":"${'x'.repeat(6 << 20)}"}\n`);
  await expect(readStream(inPieces(long, 1 << 16), { overrides: {}, limits: small }, sink)).rejects.toMatchObject({
    kind: 'too_large',
  });
  const { unfit, rows } = await readTwice(
    Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n')]),
  );
  expect([rows, unfit.map(({ line, reason }) => [line, reason])]).toEqual([
    [['1']],
    [[2, 'it holds bytes that could not be decoded']],
  ]);
});
