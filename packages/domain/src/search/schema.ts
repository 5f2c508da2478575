import { z } from 'zod';

export const searchedKind = z.enum(['dataset', 'block', 'edge']);
export const kinds = ['dataset', 'block', 'edge'] as const;

export const searchInput = {
  q: z.string().trim().min(1).max(1000).meta({
    description:
      'Words: "a phrase" is looked for as such, or means one of two, -word leaves out; and what is meant by them',
  }),
  kind: searchedKind.optional().meta({ description: 'Only these' }),
  category: z.uuid().optional().meta({ description: 'Only what is in this category of the taxonomy, or below it' }),
};

/** How a passage was found. */
export const vectorUse = z.enum(['used', 'off', 'unavailable']).meta({
  description:
    'Whether what is meant was looked for too: off where there is no model, unavailable where it did not answer just now',
});

export const foundPassage = z
  .object({
    passageId: z.uuid(),
    entityType: searchedKind,
    entityId: z.uuid(),
    title: z.string(),
    text: z.string(),
    position: z.int(),
    beginsAt: z.int().meta({ description: 'Where it begins in the text of its source' }),
    language: z.string(),
    score: z.number(),
    wordRank: z.int().nullable(),
    vectorRank: z.int().nullable(),
  })
  .meta({ id: 'FoundPassage' });
export type FoundPassage = z.infer<typeof foundPassage>;
