import { columnTypes } from '@granary/domain/column-types';
import { z } from 'zod';
import { dialect } from '../inspection.ts';

/**
 * A table of which everything is known from a load, so that single rows of it can be read: nothing is detected. Every column
 * has a type, and `null` of what the user may say of one is what detection goes by.
 */
export const recordTable = z.object({
  /** null: rows are JSON objects. */
  grammar: z
    .object({
      delimiter: z.int().min(1).max(127),
      quote: z.int().min(1).max(127).nullable(),
      backslash: z.boolean(),
      skipInitialSpace: z.boolean(),
      /** Of rows of fixed width: where their columns stand, and whether something outside of them makes a row unfit. */
      layout: z.object({ spans: dialect.shape.widths.unwrap().min(1), isWhole: z.boolean() }).optional(),
    })
    .nullable(),
  /** Lines that begin with this are no rows; empty: there are none such. */
  comment: z.string(),
  /** Rows with too few fields get NULL in the last columns. */
  pad: z.boolean(),
  columns: z
    .array(
      z.object({
        name: z.string(),
        originalName: z.string(),
        type: z.enum(columnTypes),
        nullValues: z.array(z.string()).nullable(),
        dateOrder: z.enum(['year-month-day', 'day-month-year', 'month-day-year']).nullable(),
        decimalSeparator: z.enum(['.', ',']),
      }),
    )
    .min(1),
});
export type RecordTable = z.infer<typeof recordTable>;
