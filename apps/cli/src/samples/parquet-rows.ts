import { open } from 'node:fs/promises';

/**
 * How many rows a Parquet file says it has: field 3 of FileMetaData, which is written in Thrift's compact protocol at the
 * end of the file (parquet-format, README and parquet.thrift; thrift-compact-protocol.md).
 */
export async function countParquetRows(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(8);
    await file.read(tail, 0, 8, size - 8);
    if (tail.toString('latin1', 4) !== 'PAR1') throw new Error(`${path} is no Parquet file`);
    const footer = Buffer.alloc(tail.readUInt32LE(0));
    await file.read(footer, 0, footer.length, size - 8 - footer.length);
    return readRowCount(footer);
  } finally {
    await file.close();
  }
}

const wanted = { field: 3, type: 6 }; // num_rows, i64

function readRowCount(metadata: Uint8Array): number {
  const reader = compactReader(metadata);
  for (let field = 0; ; ) {
    const header = reader.byte();
    if (header === 0) throw new Error('the metadata names no number of rows');
    const type = header & 15;
    field = header >> 4 === 0 ? Number(reader.zigzag()) : field + (header >> 4);
    if (field === wanted.field && type === wanted.type) return Number(reader.zigzag());
    reader.skip(type);
  }
}

function compactReader(bytes: Uint8Array) {
  let at = 0;
  const byte = (): number => {
    const value = bytes[at++];
    if (value === undefined) throw new Error('the metadata ends too early');
    return value;
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const next = byte();
      value |= BigInt(next & 127) << shift;
      if (next < 128) return value;
    }
  };
  const zigzag = (): bigint => {
    const value = varint();
    return (value >> 1n) ^ -(value & 1n);
  };
  const skipBytes = (count: number) => {
    at += count;
  };
  const skipStruct = () => {
    for (let header = byte(); header !== 0; header = byte()) {
      if (header >> 4 === 0) zigzag(); // the field's number, when it is far from the one before
      skip(header & 15);
    }
  };
  const skipList = () => {
    const header = byte();
    const size = header >> 4 === 15 ? Number(varint()) : header >> 4;
    const type = header & 15;
    for (let index = 0; index < size; index++) {
      if (type === 1 || type === 2)
        at += 1; // a boolean is a byte of its own here
      else skip(type);
    }
  };
  const skip = (type: number): void => {
    if (type <= 2) return; // a boolean's value is its type
    if (type === 3) at += 1;
    else if (type <= 6) varint();
    else if (type === 7) at += 8;
    else if (type === 8) skipBytes(Number(varint()));
    else if (type === 9 || type === 10) skipList();
    else if (type === 12) skipStruct();
    else throw new Error(`the metadata has a value of type ${type}`);
  };
  return { byte, zigzag, skip };
}
