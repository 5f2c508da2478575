import { z } from 'zod';

const row = z.record(z.string(), z.unknown());

/**
 * A row from the JSON text that Postgres made of it, with no digit lost on the way: a bigint that no double holds exactly is a
 * string, and a numeric always is one, as in pages of rows.
 */
export function exactRow(text: string, types: ReadonlyMap<string, string>): Record<string, unknown> {
  const digits = new Map<unknown, Map<string, string>>(); // by the object that they stand in: a nested one may have such a key, too
  const parsed: unknown = JSON.parse(text, function (this: unknown, key: string, value: unknown, context?: unknown) {
    if (typeof value !== 'number' || !isExact(types.get(key), value)) return value;
    const { source } = written.parse(context);
    digits.set(this, (digits.get(this) ?? new Map()).set(key, source));
    return value;
  });
  return { ...row.parse(parsed), ...Object.fromEntries(digits.get(parsed) ?? []) };
}

/** ECMAScript's JSON.parse source text access. */
const written = z.object({ source: z.string() });

const isExact = (type: string | undefined, value: number): boolean =>
  type === 'numeric' || (type === 'bigint' && !Number.isSafeInteger(value));
