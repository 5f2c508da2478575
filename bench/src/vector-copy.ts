/** Rows of (uuid, real[], bit varying) as COPY's binary format has them (PostgreSQL's manual, COPY, File Formats). */
export function* binaryVectors(rows: Iterable<readonly [id: string, vector: Float32Array]>): Generator<Buffer> {
  yield Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
  for (const [id, vector] of rows) {
    const count = vector.length;
    const row = Buffer.alloc(2 + 4 + 16 + 4 + 20 + count * 8 + 4 + 4 + Math.ceil(count / 8));
    let at = row.writeInt16BE(3, 0);
    at = row.writeInt32BE(16, at);
    at += row.write(id.replaceAll('-', ''), at, 'hex');
    at = row.writeInt32BE(20 + count * 8, at);
    // one dimension, no nulls, real, so many, from 1
    for (const header of [1, 0, 700, count, 1]) at = row.writeInt32BE(header, at);
    for (const x of vector) at = row.writeFloatBE(x, row.writeInt32BE(4, at));
    at = row.writeInt32BE(count, row.writeInt32BE(4 + Math.ceil(count / 8), at));
    for (const [index, x] of vector.entries()) if (x >= 0) row[at + (index >> 3)]! |= 0x80 >> (index & 7);
    yield row;
  }
  yield Buffer.from([0xff, 0xff]);
}
