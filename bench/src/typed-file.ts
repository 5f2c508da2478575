import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Twelve columns of the usual kinds, with the types that a careful person would give them. */
export const typedColumns = [
  ['id', 'bigint'],
  ['code', 'text'],
  ['name', 'text'],
  ['amount', 'double precision'],
  ['ratio', 'double precision'],
  ['quantity', 'bigint'],
  ['active', 'boolean'],
  ['day', 'date'],
  ['at', 'timestamp'],
  ['city', 'text'],
  ['note', 'text'],
  ['parent', 'bigint'],
] as const;

const cities = ['Groningen', 'Zürich', 'São Paulo', 'Łódź', 'Oslo', 'Hà Nội'];

/** Writes a CSV of so many rows: quoted text, empty cells, codes with leading zeros, about 110 bytes a row. */
export async function writeTypedFile(path: string, rows: number): Promise<void> {
  const line = (i: number): string => {
    const day = new Date(Date.UTC(2020, 0, 1 + (i % 2000))).toISOString().slice(0, 10);
    const clock = `${String(i % 24).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}:07`;
    const note = i % 7 === 0 ? `"said ""${i % 100}"", twice"` : i % 5 === 0 ? '' : `note ${i % 1000}`;
    return `${i},${String(i % 99_999).padStart(5, '0')},name ${i},${(i * 7.25).toFixed(2)},${((i % 1000) / 999).toFixed(6)},${i % 50},${i % 2 === 0},${day},${day} ${clock},${cities[i % cities.length]},${note},${i % 3 === 0 ? '' : i >> 1}\n`;
  };
  const pieces = function* () {
    yield `${typedColumns.map(([name]) => name).join(',')}\n`;
    for (let start = 1; start <= rows; start += 1000) {
      const end = Math.min(start + 1000, rows + 1);
      yield Array.from({ length: end - start }, (_, index) => line(start + index)).join('');
    }
  };
  await pipeline(Readable.from(pieces()), createWriteStream(path, { highWaterMark: 1 << 20 }));
}
