import { type ColumnType, DomainError, type ReadingOptions } from '@granary/domain';
import { z } from 'zod';
import { byte } from '../reading/csv/grammar.ts';
import { layoutOf } from '../reading/fixed/fixed-layout.ts';
import { columnEvidence, inspection } from '../reading/inspection.ts';
import type { RecordTable } from '../reading/records/record-table.ts';
import { columnRules } from '../reading/typing/column-rules.ts';

/** What dataset_versions.format keeps of an inspection, as far as single rows are read by it. */
export const versionFormat = inspection.pick({ format: true, dialect: true });
export const columnFacts = z.object({
  spelling: columnEvidence.shape.spelling,
  /** The key that its values were replaced under. */
  pseudonym: z.object({ keyId: z.uuid(), keyVersion: z.int() }).optional(),
});

export interface DeliveredColumn {
  readonly name: string;
  readonly originalName: string;
  readonly spelling: z.infer<typeof columnFacts>['spelling'];
  readonly pseudonym: z.infer<typeof columnFacts>['pseudonym'];
}

export interface DeliveredFile {
  readonly format: z.infer<typeof versionFormat>;
  readonly options: ReadingOptions;
  /** In the order of the file. */
  readonly columns: readonly DeliveredColumn[];
  /** Types of the version that rows go into. */
  readonly types: ReadonlyMap<string, ColumnType>;
}

/**
 * How single rows of a delivered file are read: with its grammar, what its user said, the order of days and months that its
 * load found, and the types that the dataset has. Throws DomainError precondition where its rows are no text, and
 * ReadError where the options name a column that is not there.
 */
export function recordTableOf({ format, options, columns, types }: DeliveredFile): RecordTable {
  const rules = columnRules(
    columns.map(({ originalName }) => originalName),
    options,
  );
  return {
    grammar: grammarOf(format, options),
    comment: format.dialect === null ? '' : (options.comment ?? ''),
    pad: options.ragged === 'pad',
    columns: columns.map(({ name, originalName, spelling }, index) => {
      const rule = rules?.[index];
      return {
        name,
        originalName,
        // a value in a column that the dataset does not have is refused later, whatever it is
        type: types.get(name) ?? 'text',
        nullValues: rule?.nullValues ? [...rule.nullValues] : null,
        dateOrder: rule?.dateOrder ?? spelling,
        decimalSeparator: rule?.decimalSeparator ?? '.',
      };
    }),
  };
}

function grammarOf({ format, dialect }: DeliveredFile['format'], { widths }: ReadingOptions): RecordTable['grammar'] {
  if (format === 'csv' && dialect?.delimiter) {
    return {
      delimiter: dialect.delimiter.charCodeAt(0),
      quote: dialect.quote === null ? null : dialect.quote.charCodeAt(0),
      backslash: dialect.escape === '\\',
      skipInitialSpace: dialect.skipInitialSpace,
    };
  }
  // a sealed one is said to be delimited
  if ((format === 'fixed' || format === 'csv') && dialect?.widths) {
    // the layout that was found covers its lines, and so do widths: only who named columns one by one left something out
    const layout = { spans: dialect.widths, isWhole: widths === undefined || layoutOf(widths).isWhole };
    return { delimiter: byte.comma, quote: null, backslash: false, skipInitialSpace: false, layout };
  }
  if (format === 'json' || format === 'jsonl') return null;
  // the rows of a sheet were written as CSV
  if (format === 'xlsx') return { delimiter: byte.comma, quote: byte.quote, backslash: false, skipInitialSpace: false };
  const why =
    format === 'parquet'
      ? 'a Parquet file is binary: its rows have no text to correct or to read again'
      : `it is not known how rows of this ${format} file are told apart`;
  throw new DomainError('precondition', `${why}; load a corrected file instead, for example with append`, {
    reason: 'format',
    format,
  });
}
