import { ReadError } from '../read-error.ts';
import type { NumberKind } from './number-formats.ts';
import { dateText, numberText } from './number-text.ts';
import type { SharedStrings } from './shared-strings.ts';
import { unescapeText } from './unescape-text.ts';

/** A cell as it stands in a sheet (ECMA-376 part 1, 18.3.1.4). */
export interface RawCell {
  readonly reference: string;
  /** ST_CellType; empty for a number. */
  readonly type: string;
  readonly style: number;
  /** Content of `<v>`, which for a formula is the value that it had when the file was saved; null: there is none. */
  readonly value: string | null;
  /** Content of `<is>`. */
  readonly inline: string | null;
}

export interface CellMeaning {
  readonly strings: SharedStrings;
  readonly formats: readonly NumberKind[];
  readonly date1904: boolean;
}

/** What a cell holds, as CSV would have it; null: nothing. Throws ReadError `corrupt` for a text that does not exist. */
export function cellText(cell: RawCell, { strings, formats, date1904 }: CellMeaning): string | null {
  const { type, value } = cell;
  if (type === 'inlineStr') return cell.inline === null ? null : unescapeText(cell.inline);
  if (value === null) return null;
  switch (type) {
    case 's': {
      const text = strings.at(Number(value));
      if (text === undefined) {
        throw new ReadError('corrupt', `The Excel workbook is damaged: the text of cell ${cell.reference} is missing.`);
      }
      return text;
    }
    case 'str':
      return unescapeText(value);
    case 'b':
      return value.trim() === '1' || value.trim() === 'true' ? 'true' : 'false';
    case 'e':
    case 'd':
      return value;
    default: {
      if (value.trim() === '') return null;
      const kind = formats[cell.style] ?? 'number';
      return (kind === 'number' ? numberText(value) : dateText(value, kind, date1904)) ?? value;
    }
  }
}
