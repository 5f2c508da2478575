import { Buffer } from 'node:buffer';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReadError } from '../../read-error.ts';
import { makeZip, type ZipMember } from '../../testing/make-zip.ts';
import { readInProcess } from '../../testing/read-in-process.ts';

const table: ZipMember = { name: 'data/people.csv', content: 'id,name\n1,Zoë\n2,Łukasz\n' };
const rows = '1,Zoë\n2,Łukasz\n';
const refusal = (bytes: Buffer, overrides = {}, limits = {}) =>
  readInProcess('a.zip', bytes, overrides, limits).then(
    () => null,
    (error: unknown) => error,
  );

test('the one table in an archive is read, packed or stored, and with sizes of 64 bits', async () => {
  for (const variant of [{}, { method: 0 }, { zip64: true }]) {
    const read = await readInProcess('a.zip', makeZip([{ ...table, ...variant }]));
    expect(read).toMatchObject({ container: 'zip', format: 'csv', csv: rows, offsetsIn: 'decoded text' });
    expect(read.notes).toContain('The table is "data/people.csv" in the ZIP archive.');
  }
});

test('what operating systems leave in an archive is no table', async () => {
  const litter = ['__MACOSX/data/._people.csv', 'data/.DS_Store', 'Thumbs.db', 'data/'].map((name) => ({
    name,
    content: 'x',
  }));
  expect(await readInProcess('a.zip', makeZip([...litter, table]))).toMatchObject({ csv: rows });
});

test('of several files one must be named, and the refusal lists them', async () => {
  const bytes = makeZip([table, { name: 'other.json', content: '[{"a":1}]' }]);
  expect(await refusal(bytes)).toMatchObject({
    kind: 'choice_needed',
    message: expect.stringContaining('"data/people.csv", "other.json"'),
    details: { entries: ['data/people.csv', 'other.json'] },
  });
  expect(await refusal(bytes, { entry: 'people.csv' })).toMatchObject({ kind: 'choice_needed' });
  expect(await readInProcess('a.zip', bytes, { entry: 'other.json' })).toMatchObject({ format: 'json', csv: '1\n' });
  expect(await readInProcess('a.zip', bytes, { entry: 'data/people.csv' })).toMatchObject({ csv: rows });
});

test('a packed table in an archive, and an archive that was packed again, are read', async () => {
  const gz = makeZip([{ name: 'people.csv.gz', content: gzipSync(table.content) }]);
  expect(await readInProcess('a.zip', gz)).toMatchObject({ container: 'zip', csv: rows });
  expect(await readInProcess('a.zip.zst', zstdCompressSync(gz))).toMatchObject({ container: 'zstd', csv: rows });
  expect(await readInProcess('b.zip', makeZip([{ name: 'a.zip', content: makeZip([table]) }]))).toMatchObject({
    csv: rows,
  });
  expect(await refusal(gzipSync(gzipSync(gzipSync(gzipSync(table.content)))))).toMatchObject({ kind: 'unsupported' });
});

test('an entry or sheet that is named for something that has none is an error, not ignored', async () => {
  await expect(readInProcess('a.csv', 'a,b\n1,2\n', { sheet: 'x' })).rejects.toMatchObject({ kind: 'bad_options' });
  await expect(readInProcess('a.csv', 'a,b\n1,2\n', { entry: 'x' })).rejects.toMatchObject({ kind: 'bad_options' });
});

test.each([
  ['cut off', makeZip([table]).subarray(0, -30), 'corrupt', /cut off/],
  ['of nothing', makeZip([]), 'not_a_table', /empty/],
  ['of an empty file', makeZip([{ name: 'a.csv', content: '' }]), 'not_a_table', /empty/],
  ['with a name that leads out of it', makeZip([{ ...table, name: '../../etc/passwd' }]), 'corrupt', /damaged/],
  ['with an absolute name', makeZip([{ ...table, name: '/etc/passwd' }]), 'corrupt', /damaged/],
  ['with a file twice', makeZip([table, table]), 'corrupt', /two files/],
  ['with a password', makeZip([{ ...table, flags: 0x801 }]), 'unsupported', /password/],
  ['packed by an unusual method', makeZip([{ ...table, method: 12 }]), 'unsupported', /unusual method/],
  ['with a wrong checksum', makeZip([{ ...table, checksum: 1 }]), 'corrupt', /checksum/],
  ['whose headers disagree', makeZip([{ ...table, localName: 'data/people.xls' }]), 'corrupt', /headers disagree/],
  ['that unpacks to more than it says', makeZip([{ ...table, claimedSize: 3 }]), 'corrupt', /damaged/],
  ['that unpacks to less than it says', makeZip([{ ...table, claimedSize: 300 }]), 'corrupt', /damaged/],
  ['that is a Word document', makeZip([{ name: 'word/document.xml', content: '<a/>' }]), 'unsupported', /Word/],
])('an archive %s is refused', async (_, bytes, kind, message) => {
  expect(await refusal(bytes)).toMatchObject({ kind, message: expect.stringMatching(message) });
});

test('a bomb ends at the limit, whatever it says of its size', async () => {
  const content = Buffer.alloc(2 ** 22, 'a,b\n');
  for (const claimedSize of [content.length, 100]) {
    const error = await refusal(makeZip([{ name: 'a.csv', content, claimedSize }]), {}, { decodedBytes: 2 ** 20 });
    expect(error).toMatchObject({ kind: claimedSize === 100 ? 'corrupt' : 'too_large' });
  }
});

test('an archive in an archive ends at so many layers, and a limit holds for what comes out of all of them', async () => {
  const nest = (content: Buffer, layers: number): Buffer =>
    layers === 0 ? content : nest(makeZip([{ name: 'inner', content }]), layers - 1);
  expect((await readInProcess('a.zip', nest(Buffer.from(rows), 3))).csv).toBe(rows);
  expect(await refusal(nest(Buffer.from(rows), 4))).toMatchObject({ kind: 'unsupported' });
  const bomb = nest(Buffer.alloc(2 ** 24, 'a,b\n'), 3);
  expect(bomb.length).toBeLessThan(2000);
  expect(await refusal(bomb, {}, { decodedBytes: 2 ** 22 })).toMatchObject({ kind: 'too_large' });
});

test('an archive with any bytes changed is read whole, or refused with a reason', async () => {
  const sound = makeZip([{ ...table, method: 0 }]);
  const changes = fc.array(fc.tuple(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(changes, fc.option(fc.nat({ max: sound.length })), async (damage, cut) => {
      const bytes = Buffer.from(sound.subarray(0, cut ?? sound.length));
      for (const [at, value] of damage) if (at < bytes.length) bytes[at] = value;
      // what is no archive any more may still be a table
      fc.pre(bytes.length > 4 && bytes.toString('latin1', 0, 4) === 'PK\x03\x04');
      const read = await readInProcess('a.zip', bytes).catch((error: unknown) => {
        if (!(error instanceof ReadError) || error.kind === 'crashed') throw error;
        return null;
      });
      if (read) expect(read.csv).toBe(rows);
    }),
    { numRuns: 300 },
  );
});
