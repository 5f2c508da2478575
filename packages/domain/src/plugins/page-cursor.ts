import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';

const cursor = z.tuple([z.string(), z.number(), z.uuid()]);

/** Where a page ended: by what it was sorted, and the last item's value and id. Opaque to callers, and not a capability. */
export const encodePage = (sort: string, value: number, id: string): string =>
  Buffer.from(JSON.stringify([sort, value, id])).toString('base64url');

/** Throws DomainError invalid for what is no cursor, or one of another order. */
export function decodePage(sort: string, text: string | undefined): { value: number; id: string } | null {
  if (text === undefined) return null;
  try {
    const [of, value, id] = cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (of === sort) return { value, id };
  } catch (cause) {
    throw new DomainError('invalid', 'the cursor is not one of ours', {}, { cause });
  }
  throw new DomainError('invalid', 'the cursor is of another order', { sort });
}
