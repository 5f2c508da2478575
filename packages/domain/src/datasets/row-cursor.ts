import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';

/** Where a page ended: the version, what the order was, and the last row's values of it. */
export const rowCursor = z.object({
  version: z.int().positive(),
  order: z.string(),
  last: z.array(z.string().nullable()),
});
export type RowCursor = z.infer<typeof rowCursor>;

/** Opaque to callers, and not a capability: what it names is checked like any other input. */
export const encodeCursor = (cursor: RowCursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

export function decodeCursor(text: string): RowCursor {
  try {
    return rowCursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (cause) {
    throw new DomainError('invalid', 'the cursor is not one of ours', {}, { cause });
  }
}
