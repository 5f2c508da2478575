import pg from 'pg';

const { builtins, getTypeParser } = pg.types;

/** The run-time half of the code generator's settings: what pg returns must be what types.gen.ts claims. */
const parsers: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [builtins.INT8, parseSafeInteger],
  [builtins.NUMERIC, (text) => text], // money and exact decimals do not survive a double
  [builtins.TIMESTAMPTZ, parseInstant],
  [builtins.TIMESTAMP, (text) => text.replace(' ', 'T')],
  [builtins.DATE, (text) => text], // a calendar day has no time zone; a Date would invent one
]);

/** Given to each pool, not to pg.types.setTypeParser: a global would also change the job queue's results. */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    const parser = format === 'binary' ? undefined : parsers.get(oid);
    return parser ?? getTypeParser(oid, format);
  },
};

/** Counts and sizes stay below 2^53; beyond it, fail loudly instead of rounding silently. */
function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a JavaScript number`);
  return value;
}

/**
 * '2026-11-21 09:02:00.123456+00' → '2026-11-21T09:02:00.123456Z'. A string, not a Date: a Date drops the
 * microseconds, and then a keyset cursor (`created_at < $1`) skips or repeats rows.
 */
function parseInstant(text: string): string {
  return text
    .replace(' ', 'T')
    .replace(/[+-]\d\d$/, '$&:00')
    .replace('+00:00', 'Z');
}
