import type pg from 'pg';

export interface Decimal {
  readonly precision: number;
  readonly scale: number;
}
interface NumericColumn {
  readonly name: string;
  readonly chunk: number;
}

const mostDigits = 38; // of Parquet's and Arrow's decimals of 128 bits
const atOnce = 400;

/** By column: the smallest decimal that holds every value of a numeric column, or null where none does. */
export async function findDecimals(
  client: pg.PoolClient,
  versionId: string,
  columns: readonly NumericColumn[],
): Promise<ReadonlyMap<string, Decimal | null>> {
  const found = new Map<string, Decimal | null>();
  for (const [chunk, ofChunk] of Map.groupBy(columns, (column) => column.chunk)) {
    for (let start = 0; start < ofChunk.length; start += atOnce) {
      const part = ofChunk.slice(start, start + atOnce);
      const measures = part.map(({ name }) => {
        const column = `"${name}"`;
        return `max(scale(${column})), max(abs(trunc(${column}))) filter (where scale(${column}) is not null), coalesce(bool_or(scale(${column}) is null) filter (where ${column} is not null), false)`;
      });
      const table = `data."v_${versionId.replaceAll('-', '')}_p${chunk}"`;
      const { rows } = await client.query<unknown[]>({
        text: `select ${measures.join(', ')} from ${table}`,
        rowMode: 'array',
      });
      const cells = rows[0] ?? [];
      for (const [index, { name }] of part.entries()) {
        const [scale, whole, isUnfit] = cells.slice(index * 3, index * 3 + 3);
        found.set(name, isUnfit === true ? null : decimalOf(Number(scale ?? 0), String(whole ?? '0')));
      }
    }
  }
  return found;
}

/** NaN and the infinities, which have no scale, fit nowhere. */
function decimalOf(scale: number, largest: string): Decimal | null {
  const [digits = '0'] = largest.split('.');
  const precision = Math.max(1, (digits === '0' ? 0 : digits.length) + scale);
  return precision <= mostDigits ? { precision, scale } : null;
}
