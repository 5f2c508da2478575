import { ReadError } from '../read-error.ts';

/** What can be read only from a disk, or has no records to be taken one by one. */
export const otherFormat = (format: string, instead = 'as CSV'): ReadError =>
  new ReadError(
    'unsupported',
    `The dataset has direct identifiers, which are replaced in delimited text (CSV, TSV) and JSON Lines only. Save the ${format} file ${instead}.`,
  );
