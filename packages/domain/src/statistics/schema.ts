import { z } from 'zod';

/** As cells are: numbers that a double holds, else the digits as text; times in ISO 8601. */
const value = z.union([z.string(), z.number(), z.boolean()]);
const count = z.int().min(0);

/** What one column of a version holds. What does not apply to its type, or to a column without values, is null. */
export const columnStatistics = z
  .object({
    rows: count,
    nulls: count,
    distinct: z
      .object({ count, approximate: z.boolean() })
      .nullable()
      .meta({ description: 'Different values, null not counted; counted exactly where memory allows' }),
    min: value.nullable().meta({ description: 'Of finite values; text by its bytes, cut to 200 characters' }),
    max: value.nullable(),
    mean: z.number().nullable(),
    stddev: z.number().nullable().meta({ description: 'Of the sample (n - 1)' }),
    quantiles: z
      .record(z.enum(['p1', 'p5', 'p25', 'p50', 'p75', 'p95', 'p99']), value)
      .nullable()
      .meta({ description: 'The smallest value that at least this part of the finite values does not exceed' }),
    top: z
      .array(z.object({ value, count }))
      .nullable()
      .meta({ description: 'The most frequent values, most frequent first, at most 20; text cut to 200 characters' }),
    topApproximate: z.boolean(),
    histogram: z
      .object({ edges: z.array(value), counts: z.array(count) })
      .nullable()
      .meta({ description: 'Bins of equal width, each without its upper edge but for the last' }),
    lengths: z
      .object({ min: count, max: count, mean: z.number() })
      .nullable()
      .meta({ description: 'Of text, in characters' }),
    nonFinite: z.object({ nan: count, infinity: count, minusInfinity: count }).nullable().meta({
      description: 'Numbers and times that are no point of the scale; they are in nulls, distinct and top only',
    }),
  })
  .meta({ id: 'ColumnStatistics' });
export type ColumnStatistics = z.output<typeof columnStatistics>;
