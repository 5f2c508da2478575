import type { FileKeys } from './file-keys.ts';
import { openValue, sealValue } from './sealed-value.ts';

const prefix = 'sealed:';

/** Where a quarantined row stands: its text opens in no other place. */
interface RowPlace {
  readonly versionId: string;
  readonly byteOffset: number;
}
const context = ({ versionId, byteOffset }: RowPlace) => `quarantined row|${versionId}|${byteOffset}`;

/** The text of a row that did not fit, for the table of quarantined rows: `sealed:<file>:<base64>`. */
export const sealRowText = (keys: FileKeys, text: string, place: RowPlace): string =>
  `${prefix}${keys.fileId}:${sealValue(keys.quarantine, Buffer.from(text), context(place)).toString('base64')}`;

/** The file whose key opens the text; null: it is not sealed. */
export const sealedBy = (text: string): string | null =>
  text.startsWith(prefix) ? (text.slice(prefix.length).split(':', 1)[0] ?? null) : null;

/** null: these keys do not open it in this place. */
export function openRowText(keys: FileKeys, text: string, place: RowPlace): string | null {
  const sealed = text.slice(text.lastIndexOf(':') + 1);
  return openValue(keys.quarantine, Buffer.from(sealed, 'base64'), context(place))?.toString('utf8') ?? null;
}
