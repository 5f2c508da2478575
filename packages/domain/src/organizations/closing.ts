import { z } from 'zod';

/** What there is to know of an organization that was deleted; all null for one that is open. */
export const closing = {
  closedAt: z.string().nullable(),
  erasedAfter: z.string().nullable().meta({ description: 'Until then it can be restored' }),
  erasingSince: z.string().nullable().meta({ description: 'From then on it cannot' }),
};

export const closingColumns = [
  'o.closed_at as closedAt',
  'o.erase_after as erasedAfter',
  'o.erasing_since as erasingSince',
] as const;
