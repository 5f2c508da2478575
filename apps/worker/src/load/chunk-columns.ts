import type { ColumnType } from '@granary/domain';

/**
 * The most that a value of each type takes in a row's own page, in bytes (PostgreSQL, table 8.2 and section 70.2): what
 * is longer moves out of line and leaves an 18-byte pointer.
 */
const widths: Record<ColumnType, number> = {
  boolean: 1,
  bigint: 8,
  'double precision': 8,
  date: 4,
  time: 8,
  timestamp: 8,
  timestamptz: 8,
  uuid: 16,
  numeric: 18,
  jsonb: 18,
  text: 18,
};

/** A row must fit one 8 kB page: less its headers, rowid, tenant_id, user_id, alignment, and a bit a column for nulls. */
const roomForColumns = 7_600;
const columnLimit = 1_500; // PostgreSQL allows 1600 in a table (appendix K)

/** The chunk table of each column, from 1: as few as hold every possible row. */
export function chunkColumns(types: readonly ColumnType[]): number[] {
  let chunk = 1;
  let used = 0;
  let count = 0;
  return types.map((type) => {
    const width = Math.ceil(widths[type] / 8) * 8 + 1 / 8;
    if (used + width > roomForColumns || count === columnLimit) {
      chunk += 1;
      used = 0;
      count = 0;
    }
    used += width;
    count += 1;
    return chunk;
  });
}
