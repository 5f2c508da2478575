import { z } from 'zod';
import { columnTypes } from './column-types.ts';

const isEncoding = (label: string) => {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
};

/** What jsonb and text can hold: no NUL, and no half of a surrogate pair. */
const storable = z
  .string()
  .regex(/^[^\0\p{Cs}]*$/u, 'it holds a NUL or half a character, which no text in Postgres can hold');

const nullValues = z
  .array(storable.max(200))
  .max(100)
  .meta({ description: 'Spellings that mean NULL; an empty list: none, not even those that are well known' });
const dateOrder = z
  .enum(['year-month-day', 'day-month-year', 'month-day-year'])
  .meta({ description: 'Which number of 03/04/2020 is the day' });
const decimalSeparator = z
  .enum(['.', ','])
  .meta({ description: 'With a comma, 1.234,5 is a number; with a point, 1,234.5 is one where `types` says so' });

/** What may be said of all columns, or of one: the latter beats the former. */
export const columnReading = z.strictObject({
  nullValues: nullValues.optional(),
  dateOrder: dateOrder.optional(),
  decimalSeparator: decimalSeparator.optional(),
});
export type ColumnReading = Readonly<z.infer<typeof columnReading>>;

/** Columns by their legal name, or as the file calls them. */
const columnKey = storable.max(10_000);

const character = z.int().min(1).max(1_000_000);
/** First and last character of a column, from 1, both in it, as code books give them. */
const span = z.tuple([character, character.nullable()]);

/** Whether columns follow each other: each ends before the next begins, and only the last may go on to the end of the line. */
const followEachOther = (spans: readonly z.infer<typeof span>[]) =>
  spans.every(([first, last], index) => {
    const next = spans[index + 1]?.[0] ?? Number.POSITIVE_INFINITY;
    return last === null ? next === Number.POSITIVE_INFINITY : first <= last && last < next;
  });

const widths = z
  .union([
    z.array(character).min(1).max(20_000),
    z
      .array(span)
      .min(1)
      .max(20_000)
      .refine(followEachOther, 'each column must end before the next begins, and only the last may end with null'),
  ])
  .meta({
    description:
      'The file is of fixed width: how many characters each column has, or the first and last one of each, counted from 1; null as the last one of the last column: to the end of the line',
  });

/** How a file is to be read where detection should not decide. */
export const readingOptions = z
  .strictObject({
    encoding: z
      .string()
      .max(40)
      .refine(isEncoding, 'no encoding of the WHATWG Encoding Standard has this label')
      .optional()
      .meta({ description: 'A label of the WHATWG Encoding Standard: utf-8, utf-16le, windows-1252, shift_jis …' }),
    delimiter: storable.length(1).optional(),
    quote: storable.max(1).optional().meta({ description: 'Empty: quotes are ordinary characters' }),
    escape: storable.length(1).optional().meta({ description: 'The quote itself, doubled, or a backslash' }),
    skipInitialSpace: z.boolean().optional().meta({ description: 'Blanks after a delimiter belong to the delimiter' }),
    comment: storable
      .max(10)
      .optional()
      .meta({ description: 'Lines that begin with this are no rows; empty: there are no comments' }),
    hasHeader: z.boolean().optional(),
    headerRows: z
      .int()
      .min(0)
      .max(20)
      .optional()
      .meta({ description: 'Rows that make up the names of columns, joined by a blank' }),
    skipLines: z.int().min(0).max(10_000).optional().meta({ description: 'Lines above the header' }),
    skipFooterLines: z
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .meta({ description: 'Lines below the last row; blank lines at the very end are not counted' }),
    table: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'Which of the tables in the file, if blank lines part several; the longest otherwise' }),
    ragged: z.enum(['quarantine', 'pad']).optional().meta({
      description: 'What becomes of rows with too few fields: quarantine (default), or NULL in the last columns',
    }),
    widths: widths.optional(),
    names: z.array(storable.max(10_000)).min(1).max(20_000).optional().meta({
      description:
        'Names of the columns. The file then has no header, unless hasHeader or headerRows say that it has one',
    }),
    types: z
      .record(columnKey, z.enum(columnTypes))
      .optional()
      .meta({ description: 'Types of columns; a row with a value that does not fit goes to quarantine' }),
    columns: z.record(columnKey, columnReading).optional().meta({ description: 'How single columns are to be read' }),
    ...columnReading.shape,
    path: z
      .string()
      .max(1000)
      // one pattern: of several, the contract makes no string
      .regex(/^(\/([^~/\0\p{Cs}]|~[01])*)*$/u, 'a JSON Pointer (RFC 6901) is empty or begins with /')
      .optional()
      .meta({
        description:
          'JSON Pointer (RFC 6901) to the array of objects in a JSON file: /data/items; empty: the file is it',
      }),
    entry: storable.min(1).max(1000).optional().meta({ description: 'The file in a ZIP archive' }),
    keepOriginal: z.boolean().optional().meta({
      description:
        'false: once it is loaded, the file is removed for good. That gives up loading it again, and the text of the rows that did not fit (their lines and reasons stay)',
    }),
    sheet: storable.min(1).max(100).optional().meta({ description: 'The sheet of an Excel workbook' }),
  })
  .meta({ description: 'Your word beats detection' });
export type ReadingOptions = Readonly<z.infer<typeof readingOptions>>;
