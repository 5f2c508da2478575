import type { Buffer } from 'node:buffer';
import { ReadError } from '../read-error.ts';

interface Signature {
  readonly bytes: string;
  readonly at?: number;
  readonly what: string;
  readonly kind: 'not_a_table' | 'unsupported';
  readonly advice?: string;
}

const exportIt = 'Export it as CSV, JSON Lines or Parquet and upload that.';
const unpackIt = 'Unpack it and upload the table that is in it.';

/** What files begin with that people take for tables, or put in the wrong field; bytes as latin1. */
const signatures: readonly Signature[] = [
  { bytes: '\x89PNG\r\n', what: 'a PNG picture', kind: 'not_a_table' },
  { bytes: '\xff\xd8\xff', what: 'a JPEG picture', kind: 'not_a_table' },
  { bytes: 'GIF8', what: 'a GIF picture', kind: 'not_a_table' },
  { bytes: 'RIFF', what: 'a sound, film or picture', kind: 'not_a_table' },
  { bytes: '%PDF-', what: 'a PDF document', kind: 'not_a_table', advice: 'Export the table in it as CSV.' },
  { bytes: '%!PS', what: 'a PostScript document', kind: 'not_a_table' },
  { bytes: '{\\rtf', what: 'an RTF document', kind: 'not_a_table' },
  { bytes: '\x7fELF', what: 'a program (ELF)', kind: 'not_a_table' },
  { bytes: 'MZ\x90\x00', what: 'a program (Windows)', kind: 'not_a_table' },
  { bytes: 'PK\x07\x08', what: 'a part of a ZIP archive in several parts', kind: 'unsupported', advice: unpackIt },
  {
    bytes: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    what: 'an old or encrypted Office document (.xls, .doc, or .xlsx with a password)',
    kind: 'unsupported',
    advice: 'Save it as .xlsx without a password, or the sheet as CSV.',
  },
  { bytes: '7z\xbc\xaf\x27\x1c', what: 'a 7-Zip archive', kind: 'unsupported', advice: unpackIt },
  { bytes: 'Rar!\x1a\x07', what: 'a RAR archive', kind: 'unsupported', advice: unpackIt },
  { bytes: 'BZh', what: 'a bzip2 archive', kind: 'unsupported', advice: 'Unpack it, or pack it with gzip or zstd.' },
  {
    bytes: '\xfd7zXZ\x00',
    what: 'an xz archive',
    kind: 'unsupported',
    advice: 'Unpack it, or pack it with gzip or zstd.',
  },
  { bytes: 'ustar', at: 257, what: 'a tar archive', kind: 'unsupported', advice: unpackIt },
  { bytes: 'SQLite format 3\x00', what: 'an SQLite database', kind: 'unsupported', advice: exportIt },
  { bytes: '\x89HDF\r\n', what: 'an HDF5 file', kind: 'unsupported', advice: exportIt },
  { bytes: 'ARROW1\x00\x00', what: 'an Arrow (Feather) file', kind: 'unsupported', advice: exportIt },
  { bytes: 'Obj\x01', what: 'an Avro file', kind: 'unsupported', advice: exportIt },
  { bytes: 'ORC', what: 'an ORC file', kind: 'unsupported', advice: exportIt },
  { bytes: '$FL2', what: 'an SPSS file (.sav)', kind: 'unsupported', advice: exportIt },
  { bytes: '<stata_dta>', what: 'a Stata file', kind: 'unsupported', advice: exportIt },
  {
    bytes: 'RDX',
    what: 'an R data file',
    kind: 'unsupported',
    advice: 'Write it with write.csv or arrow::write_parquet.',
  },
  {
    bytes: 'X\n\x00\x00\x00',
    what: 'an R data file',
    kind: 'unsupported',
    advice: 'Write it with write.csv or arrow::write_parquet.',
  },
];

const matches = (head: Buffer, bytes: string, at = 0) => head.toString('latin1', at, at + bytes.length) === bytes;

export const isParquet = (head: Buffer) => matches(head, 'PAR1');

/** How a file is packed, by its first bytes. */
export function containerOf(head: Buffer): 'gzip' | 'zstd' | 'zip' | null {
  if (matches(head, '\x1f\x8b')) return 'gzip';
  // the second is an archive of nothing
  if (matches(head, 'PK\x03\x04') || matches(head, 'PK\x05\x06')) return 'zip';
  return matches(head, '\x28\xb5\x2f\xfd') ? 'zstd' : null;
}

/** Throws if the first bytes say that this is something well known that holds no table of ours. */
export function refuseKnownKinds(head: Buffer): void {
  const found = signatures.find(({ bytes, at }) => matches(head, bytes, at));
  if (found)
    throw new ReadError(found.kind, [`This is ${found.what}, not a table.`, found.advice].filter(Boolean).join(' '));
}

const maxControlShare = 0.02;
const maxNulShare = 0.1;

/** Throws if the beginning of a decoded text is no text, or markup. */
export function refuseOtherThanText(head: Buffer): void {
  let controls = 0;
  let nuls = 0;
  for (const code of head) {
    if (code === 0) nuls++;
    // tab to carriage return, the end-of-file mark of DOS, separators 0x1c–0x1f and escape occur in texts
    else if ((code < 32 && (code < 9 || code > 13) && code < 0x1a && code !== 1) || code === 127) controls++;
  }
  if (nuls > maxNulShare * head.length + 4 || controls > maxControlShare * head.length + 2) {
    throw new ReadError(
      'not_a_table',
      'This is a binary file of an unknown kind, not a table. CSV, TSV, JSON, JSON Lines, Parquet and Excel (.xlsx) can be read.',
    );
  }
  const start = head.toString('utf8', 0, 2000).trimStart();
  if (start === '' && head.length < 2000)
    throw new ReadError('not_a_table', 'The file is empty: it holds nothing but blanks.');
  if (/^<(!doctype|html|head|body|\?xml|svg|[a-z][\w:-]*(\s[^<>]*)?\/?>)/i.test(start)) {
    const what = /^<(!doctype html|html|head|body)/i.test(start) ? 'a web page (HTML)' : 'markup (XML)';
    throw new ReadError(
      'not_a_table',
      `This is ${what}, not a table. If it was downloaded, the server may have answered with a page instead of the file.`,
    );
  }
}
