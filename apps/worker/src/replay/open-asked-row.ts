import { DomainError, type FileKeys, openCorrection, openRowText, type RowTextKind } from '@granary/domain';
import type { AskedRow } from './asked-rows.ts';

interface OpenedAskedRow {
  readonly kind: RowTextKind;
  readonly text: string;
  /** In the text that the row was set apart with, where identifiers in that are replaced. */
  readonly pseudonyms: ReadonlySet<string>;
}

const pseudonym = /\b[0-9a-f]{64}\b/g;

/** The text of a sealed row that is to be tried. Throws DomainError precondition where it is not known what it is. */
export function openAskedRow(
  keys: FileKeys,
  { number, byteOffset, raw, text, isCorrected }: AskedRow,
  versionId: string,
): OpenedAskedRow {
  const own = openRowText(keys, raw, { versionId, byteOffset });
  const read = isCorrected ? openCorrection(keys, text, { versionId, number }) : (own?.text ?? null);
  if (!own || read === null)
    throw new Error(`the sealed text of a quarantined row of version ${versionId} does not open`);
  if (own.kind === null)
    throw new DomainError(
      'precondition',
      'these rows were set apart before it was noted in which of them identifiers are replaced already: load the file again',
      { reason: 'unmarked' },
    );
  return { kind: own.kind, text: read, pseudonyms: new Set(own.kind === 'file' ? [] : own.text.match(pseudonym)) };
}
