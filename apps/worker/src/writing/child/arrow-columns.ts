import {
  Bool,
  BufferType,
  Data,
  type DataType,
  DateDay,
  Decimal,
  FixedSizeBinary,
  Float64,
  Int64,
  makeData,
  TimeMicrosecond,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import type { FlowingColumn } from '../protocol.ts';
import { daysOf, microsecondsOf, timeMicrosecondsOf } from './epochs.ts';

type Cells = readonly (string | null)[];

/** How a column is told in Arrow. */
export interface ArrowColumn {
  readonly type: DataType;
  /** Of the field: canonical extension types (Arrow, "Canonical Extension Types"). */
  readonly metadata: readonly (readonly [string, string])[];
  data(cells: Cells): Data;
}

export function arrowColumn({ type, decimal }: FlowingColumn): ArrowColumn {
  switch (type) {
    case 'boolean':
      return plain(new Bool(), (cells) => bits(cells.map((cell) => cell === 't')));
    case 'bigint':
      return plain(new Int64(), (cells) => BigInt64Array.from(cells, (cell) => BigInt(cell ?? 0)));
    case 'double precision':
      return plain(new Float64(), (cells) => Float64Array.from(cells, (cell) => Number(cell ?? 0)));
    case 'numeric':
      return decimal ? decimals(decimal.precision, decimal.scale) : text([]);
    case 'date':
      return plain(new DateDay(), (cells) => Int32Array.from(cells, (cell) => (cell === null ? 0 : daysOf(cell))));
    case 'time':
      return plain(new TimeMicrosecond(), (cells) =>
        BigInt64Array.from(cells, (cell) => (cell === null ? 0n : timeMicrosecondsOf(cell))),
      );
    case 'timestamp':
      return plain(new TimestampMicrosecond(), instants);
    case 'timestamptz':
      return plain(new TimestampMicrosecond('UTC'), instants);
    case 'uuid':
      return plain(
        new FixedSizeBinary(16),
        (cells) => Buffer.concat(cells.map((cell) => Buffer.from((cell ?? noUuid).replaceAll('-', ''), 'hex'))),
        [
          ['ARROW:extension:name', 'arrow.uuid'],
          ['ARROW:extension:metadata', ''],
        ],
      );
    case 'jsonb':
      return text([
        ['ARROW:extension:name', 'arrow.json'],
        ['ARROW:extension:metadata', ''],
      ]);
    case 'text':
      return text([]);
  }
}

const noUuid = '0'.repeat(32);
const instants = (cells: Cells) => BigInt64Array.from(cells, (cell) => (cell === null ? 0n : microsecondsOf(cell)));

function plain(
  type: DataType,
  valuesOf: (cells: Cells) => ArrayBufferView,
  metadata: ArrowColumn['metadata'] = [],
): ArrowColumn {
  return {
    type,
    metadata,
    data(cells) {
      const { nullCount, nullBitmap } = validity(cells);
      return new Data(type, 0, cells.length, nullCount, {
        [BufferType.DATA]: valuesOf(cells),
        ...(nullBitmap && { [BufferType.VALIDITY]: nullBitmap }),
      });
    },
  };
}

/** Little-endian integers of 128 bits, the value times ten to the scale. */
function decimals(precision: number, scale: number): ArrowColumn {
  return plain(new Decimal(scale, precision, 128), (cells) => {
    const words = new BigInt64Array(cells.length * 2);
    for (const [index, cell] of cells.entries()) {
      if (cell === null) continue;
      const [whole = '', fraction = ''] = cell.split('.');
      const value = BigInt(whole + fraction.padEnd(scale, '0'));
      words[index * 2] = BigInt.asIntN(64, value);
      words[index * 2 + 1] = value >> 64n;
    }
    return new Uint32Array(words.buffer);
  });
}

function text(metadata: ArrowColumn['metadata']): ArrowColumn {
  const type = new Utf8();
  return {
    type,
    metadata,
    data(cells) {
      const valueOffsets = new Int32Array(cells.length + 1);
      const pieces = cells.map((cell) => Buffer.from(cell ?? ''));
      for (const [index, piece] of pieces.entries()) {
        valueOffsets[index + 1] = (valueOffsets[index] ?? 0) + piece.length;
      }
      const data = Buffer.concat(pieces);
      return makeData({ type, length: cells.length, ...validity(cells), valueOffsets, data });
    },
  };
}

function validity(cells: Cells): { nullCount: number; nullBitmap: Uint8Array | undefined } {
  const nullCount = cells.reduce((sum, cell) => sum + (cell === null ? 1 : 0), 0);
  return { nullCount, nullBitmap: nullCount === 0 ? undefined : bits(cells.map((cell) => cell !== null)) };
}

function bits(values: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  for (const [index, value] of values.entries()) if (value) bytes[index >> 3]! |= 1 << (index & 7);
  return bytes;
}
