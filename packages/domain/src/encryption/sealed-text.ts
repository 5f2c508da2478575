import type { FileKeys } from './file-keys.ts';
import { openValue, sealValue } from './sealed-value.ts';

const prefix = 'sealed:';

/**
 * What the text of a quarantined row is: as it stands in the file, or with pseudonyms in place of the values of identifiers,
 * because it was set apart when these had been replaced.
 */
export type RowTextKind = 'file' | 'pseudonyms';

/** Where a quarantined row stands: its text opens in no other place. */
interface RowPlace {
  readonly versionId: string;
  readonly byteOffset: number;
}
interface CorrectedRow {
  readonly versionId: string;
  readonly number: number;
}

// The kind is authenticated: a text of the file that somebody calls one with pseudonyms would be written down as it is.
const rowContext = ({ versionId, byteOffset }: RowPlace, kind: RowTextKind | null) =>
  `quarantined row|${versionId}|${byteOffset}${kind ? `|${kind}` : ''}`;
const correctionContext = ({ versionId, number }: CorrectedRow) => `correction|${versionId}|${number}`;

const seal = (keys: FileKeys, label: string, text: string, context: string): string =>
  `${prefix}${keys.fileId}:${label}:${sealValue(keys.quarantine, Buffer.from(text), context).toString('base64')}`;

/** The text of a row that did not fit, for the table of quarantined rows: `sealed:<file>:<kind>:<base64>`. */
export const sealRowText = (keys: FileKeys, text: string, place: RowPlace & { readonly kind: RowTextKind }): string =>
  seal(keys, place.kind, text, rowContext(place, place.kind));

/** What is to be read instead of it. */
export const sealCorrection = (keys: FileKeys, text: string, row: CorrectedRow): string =>
  seal(keys, 'correction', text, correctionContext(row));

/** The file whose key opens the text; null: it is not sealed. */
export const sealedBy = (text: string): string | null =>
  text.startsWith(prefix) ? (text.slice(prefix.length).split(':', 1)[0] ?? null) : null;

interface OpenedRow {
  readonly text: string;
  /** null: it was sealed when that was not noted yet. */
  readonly kind: RowTextKind | null;
}

/** null: these keys do not open it in this place. */
export function openRowText(keys: FileKeys, sealed: string, place: RowPlace): OpenedRow | null {
  const label = sealed.split(':').at(-2);
  const kind = label === 'file' || label === 'pseudonyms' ? label : null;
  const text = open(keys, sealed, rowContext(place, kind));
  return text === null ? null : { text, kind };
}

/** null: these keys do not open it as the correction of this row. */
export const openCorrection = (keys: FileKeys, sealed: string, row: CorrectedRow): string | null =>
  open(keys, sealed, correctionContext(row));

function open(keys: FileKeys, sealed: string, context: string): string | null {
  const bytes = Buffer.from(sealed.slice(sealed.lastIndexOf(':') + 1), 'base64');
  return openValue(keys.quarantine, bytes, context)?.toString('utf8') ?? null;
}
