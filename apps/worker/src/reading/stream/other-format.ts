import { ReadError } from '../read-error.ts';

/** What can be read only from a disk, or has no records to be taken one by one. */
export const otherFormat = (format: string): ReadError =>
  new ReadError(
    'unsupported',
    `The dataset has direct identifiers, which are replaced in delimited text (CSV, TSV) only. Save the ${format} file as CSV.`,
  );
