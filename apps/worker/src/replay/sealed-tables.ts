import { byte } from '../reading/csv/grammar.ts';
import type { InspectedColumn } from '../reading/inspection.ts';
import type { FileReader } from '../reading/reader.ts';
import type { RecordTable } from '../reading/records/record-table.ts';
import { withoutValue } from '../reading/typing/misfit-reason.ts';
import type { DeliveredFile } from './record-table-of.ts';

/** What parts the fields of a sealed file once its identifiers are replaced: as its load wrote them. */
export const delimiterOf = ({ format: { dialect } }: DeliveredFile): string => dialect?.delimiter ?? ',';

/** How rows are read whose identifiers are replaced: RFC 4180 with the file's own delimiter, whatever the file was. */
export const withPseudonymsTableOf = (file: DeliveredFile, records: RecordTable): RecordTable => ({
  ...records,
  comment: '',
  pad: false,
  grammar: {
    delimiter: delimiterOf(file).charCodeAt(0),
    quote: byte.quote,
    backslash: false,
    skipInitialSpace: false,
  },
});

/**
 * The reader of a sealed delivery: its columns with the key that the values of some were replaced under, which the database
 * compares, and its quarantine with reasons that name no value.
 */
export function sealedReader(reader: FileReader, { columns }: DeliveredFile): FileReader {
  const described = reader.inspection.columns.map((column, index): InspectedColumn => {
    const pseudonym = columns[index]?.pseudonym;
    if (!pseudonym) return column;
    const evidence = { ...column.evidence, pseudonym };
    return { ...column, evidence };
  });
  async function* quarantine() {
    for await (const row of reader.quarantine()) yield { ...row, reason: withoutValue(row.reason) };
  }
  return { ...reader, inspection: { ...reader.inspection, columns: described }, quarantine };
}
