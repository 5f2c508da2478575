import { Buffer } from 'node:buffer';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openFile } from './testing/open-file.ts';

/** Shape, types and rows of a file in short. */
async function read(fileName: string, bytes: Uint8Array | string, overrides = {}) {
  await using file = await openFile(fileName, bytes, { overrides });
  const { inspection } = file.reader;
  return {
    ...inspection,
    types: inspection.columns.map(({ name, type }) => `${name} ${type}`),
    csv: await file.copied(),
    quarantine: await file.quarantined(),
  };
}

const refusal = (fileName: string, bytes: Uint8Array | string) =>
  read(fileName, bytes).then(
    () => null,
    (error: unknown) => error,
  );

const small = 'id,name\n1,Zoë\n2,Łukasz\n';
const smallRows = '1,Zoë\n2,Łukasz\n';

describe('encodings', () => {
  test('UTF-8 with a byte order mark is read without it', async () => {
    expect(await read('a.csv', `\ufeff${small}`)).toMatchObject({
      encoding: 'utf-8',
      bom: true,
      csv: smallRows,
      types: ['id bigint', 'name text'],
    });
  });

  test('UTF-16 of both ends is read, with and without a mark', async () => {
    const le = Buffer.from(`\ufeff${small}`, 'utf16le');
    const be = Buffer.from(le).swap16();
    expect(await read('a.csv', le)).toMatchObject({ encoding: 'utf-16le', bom: true, csv: smallRows });
    expect(await read('a.csv', be)).toMatchObject({ encoding: 'utf-16be', bom: true, csv: smallRows });
    const ascii = Buffer.from('id,name\n1,one\n2,two\n', 'utf16le');
    expect(await read('a.csv', ascii)).toMatchObject({ encoding: 'utf-16le', bom: false, csv: '1,one\n2,two\n' });
  });

  test('bytes that are not UTF-8 are read as windows-1252, and the guess is reported', async () => {
    const table = await read('a.csv', Buffer.from('id,name\n1,Zo\xeb\n2,\x80 5\n', 'latin1'));
    expect(table).toMatchObject({ encoding: 'windows-1252', csv: '1,Zoë\n2,€ 5\n', offsetsIn: 'decoded text' });
    expect(table.notes).toContain('The file is not UTF-8; it was read as windows-1252, which is a guess.');
  });

  test("the user's encoding beats detection", async () => {
    const bytes = Buffer.concat([Buffer.from('id,name\n1,'), Buffer.from([0xcf, 0xf0, 0xe8]), Buffer.from('\n')]);
    expect(await read('a.csv', bytes, { encoding: 'windows-1251' })).toMatchObject({
      encoding: 'windows-1251',
      csv: '1,При\n',
    });
  });

  test('a damaged spot in a UTF-8 file costs its row, not the encoding of the others', async () => {
    const bytes = Buffer.concat([
      Buffer.from(small.repeat(1)),
      Buffer.from('3,Ma\xff\n', 'latin1'),
      Buffer.from('4,Ærø ñandú ébène\n5,çà\n'),
    ]);
    const table = await read('a.csv', bytes);
    expect(table).toMatchObject({ encoding: 'utf-8', inputRows: 5, cleanRows: 4 });
    expect(table.quarantine).toEqual([
      { line: 4, byteOffset: 25, raw: '3,Ma�', reason: 'it holds bytes that could not be decoded', column: null },
    ]);
  });
});

describe('rows that do not fit', () => {
  test('ragged rows are set apart with line, offset, text and reason', async () => {
    const table = await read('a.csv', 'a,b,c\n1,2,3\n1,2\n"x\ny",2,3\n1,2,3,4\n4,5,6\n');
    expect(table).toMatchObject({ inputRows: 5, cleanRows: 3, quarantinedRows: 2, csv: '1,2,3\n"x\ny",2,3\n4,5,6\n' });
    expect(table.quarantine).toEqual([
      { line: 3, byteOffset: 12, raw: '1,2', reason: '2 fields where 3 are expected', column: null },
      { line: 6, byteOffset: 26, raw: '1,2,3,4', reason: '4 fields where 3 are expected', column: null },
    ]);
  });

  test('a row with a NUL is set apart, for Postgres would refuse it', async () => {
    const table = await read('a.csv', 'a,b\n1,x\n2,y\0z\n3,z\n');
    expect(table).toMatchObject({ cleanRows: 2, csv: '1,x\n3,z\n' });
    expect(table.quarantine).toMatchObject([{ line: 3, raw: '2,y␀z' }]);
  });

  test('line ends of all kinds end rows, and stay as they are inside quotes', async () => {
    const table = await read('a.csv', 'a,b\n1,x\r2,y\r\n3,"p\rq"\n4,"p\r\nq"\n');
    expect(table).toMatchObject({ csv: '1,x\n2,y\n3,"p\rq"\n4,"p\r\nq"\n', dialect: { lineEnd: 'mixed' } });
    expect((await read('a.csv', 'a,b\r1,x\r2,y\r')).dialect?.lineEnd).toBe('cr');
  });

  test('a file without a single fitting row is a table of no rows', async () => {
    expect(await read('a.csv', 'a,b,c\n1,2\n')).toMatchObject({ inputRows: 1, cleanRows: 0, csv: '' });
  });
});

describe('what Postgres gets', () => {
  test('nothing is NULL, a quoted empty string is empty text, and NULL in any other column', async () => {
    const table = await read('a.csv', 'n,t\n1,\n"",""\n,x\n');
    expect(table.types).toEqual(['n bigint', 't text']);
    expect(table.csv).toBe('1,\n,""\n,x\n');
  });

  test('dates that are not ISO are rewritten', async () => {
    const table = await read(
      'a.csv',
      'd,t,y\n31.12.2019,5/19/2006 0:00:00,2018/03/31\n1.2.2020,1/2/2006 13:05:59,2018-4-1\n,"",""\n',
    );
    expect(table.types).toEqual(['d date', 't timestamp', 'y date']);
    expect(table.csv).toBe('2019-12-31,2006-05-19 0:00:00,2018-03-31\n2020-02-01,2006-01-02 13:05:59,2018-04-01\n,,\n');
  });

  test('a lone backslash and dot, which would end the COPY, is quoted', async () => {
    expect((await read('a.csv', 'name\nx\n\\.\ny\n')).csv).toBe('"x"\n"\\."\n"y"\n');
  });

  test('columns can be copied apart from each other, in the same order each time', async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `${index},v${index},"w, ${index}"`);
    await using file = await openFile('a.csv', `a,b,c\n${lines.join('\n')}\n`);
    const [c, a] = [await file.copied(['c']), await file.copied(['b', 'a'])];
    expect(c).toBe(Array.from({ length: 5000 }, (_, index) => `"w, ${index}"\n`).join(''));
    expect(a).toBe(Array.from({ length: 5000 }, (_, index) => `v${index},${index}\n`).join(''));
  });
});

describe('shapes', () => {
  test('a header alone is a table of no rows', async () => {
    expect(await read('a.csv', 'id,name\n')).toMatchObject({ types: ['id text', 'name text'], inputRows: 0, csv: '' });
  });

  test('one column is a table, and its blank lines are rows', async () => {
    expect(await read('a.csv', 'n\n1\n\n2\n')).toMatchObject({ types: ['n bigint'], inputRows: 3, csv: '1\n\n2\n' });
  });

  test('5,000 columns are read', async () => {
    const names = Array.from({ length: 5000 }, (_, index) => `c${index}`);
    const row = (n: number) => names.map((_, index) => (index % 2 ? `x${n}` : n * index)).join(',');
    const table = await readWide(`${names.join(',')}\n${row(1)}\n${row(2)}\n${row(3)},9\n`);
    expect(table).toMatchObject({
      columns: 5000,
      inputRows: 3,
      cleanRows: 2,
      csv: 'x1,4998\nx2,9996\n',
    });
  });

  test('a row of 3 MB is read', async () => {
    const long = 'x'.repeat(3_000_000);
    expect((await read('a.csv', `id,text\n1,${long}\n2,y\n`)).csv).toBe(`1,${long}\n2,y\n`);
  });
});

async function readWide(text: string) {
  await using file = await openFile('wide.csv', text);
  const { columns, inputRows, cleanRows } = file.reader.inspection;
  return {
    columns: columns.length,
    inputRows,
    cleanRows,
    csv: await file.copied([columns[4999]!.name, columns[4998]!.name]),
  };
}

describe('packed files', () => {
  test('gzip and zstd are unpacked, also in several parts', async () => {
    const parts = [small.slice(0, 10), small.slice(10)].map((part) => Buffer.from(part));
    const gzip = Buffer.concat(parts.map((part) => gzipSync(part)));
    const zstd = Buffer.concat(parts.map((part) => zstdCompressSync(part)));
    expect(await read('a.csv.gz', gzip)).toMatchObject({ container: 'gzip', csv: smallRows });
    expect(await read('a.csv.zst', zstd)).toMatchObject({ container: 'zstd', csv: smallRows });
  });

  test('a packed file that is cut off or followed by something else is corrupt', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `${index},${Math.sin(index)}`).join('\n');
    for (const packed of [gzipSync(text), zstdCompressSync(text)]) {
      expect(await refusal('a.csv.gz', packed.subarray(0, packed.length - 100))).toMatchObject({
        kind: 'corrupt',
        message: expect.stringContaining('cut off'),
      });
      expect(await refusal('a.csv.gz', packed.subarray(0, packed.length >> 1))).toMatchObject({ kind: 'corrupt' });
      expect(await refusal('a.csv.gz', Buffer.concat([packed, Buffer.from('and more')]))).toMatchObject({
        kind: 'corrupt',
      });
    }
  });

  test('a bomb is refused at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, 'a,b\n'));
    await expect(openFile('bomb.csv.gz', bomb, { maxDecodedBytes: 1_000_000 })).rejects.toMatchObject({
      kind: 'too_large',
    });
  });
});

describe('what is not a table', () => {
  const png = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1');
  const random = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919 + (index >> 3) * 31) % 256));
  test.each([
    ['an empty file', '', 'not_a_table'],
    ['blank lines', '\n\n  \n', 'not_a_table'],
    ['a picture', png, 'not_a_table'],
    ['a PDF', '%PDF-1.7\n%âãÏÓ\n1 0 obj', 'not_a_table'],
    ['a program', Buffer.from('\x7fELF\x02\x01\x01\0\0\0\0\0', 'latin1'), 'not_a_table'],
    ['random bytes', random, 'not_a_table'],
    ['a web page', '<!DOCTYPE html>\n<html><body>Not found</body></html>', 'not_a_table'],
    ['XML', '<?xml version="1.0"?>\n<rows><row a="1"/></rows>', 'not_a_table'],
    [
      'prose',
      'It was the best of times, it was the worst of times.\nNobody knew, and few of them asked.\n',
      'not_a_table',
    ],
    ['a workbook that is cut off', Buffer.from('PK\x03\x04\x14\0\x06\0', 'latin1'), 'corrupt'],
    ['an SQLite database', 'SQLite format 3\0', 'unsupported'],
    ['a packed picture', gzipSync(png), 'not_a_table'],
  ])('%s is refused with a message that helps', async (_, bytes, kind) => {
    expect(await refusal('a.csv', bytes)).toMatchObject({
      name: 'ReadError',
      kind,
      message: expect.stringMatching(/^(This|The file|The ZIP archive) .{10,}\.$/s),
    });
  });
});
