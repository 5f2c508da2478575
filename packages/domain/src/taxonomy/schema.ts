import { z } from 'zod';

export const categoryName = z.string().trim().min(1).max(200).meta({ description: 'Unique among those beside it' });
export const definition = z.string().max(10_000);

export const altLabel = z
  .object({ value: z.string(), language: z.string().nullable() })
  .meta({ id: 'AltLabel', description: 'Another name' });

export const category = z
  .object({
    id: z.uuid(),
    parentId: z.uuid().nullable(),
    name: z.string(),
    language: z.string().nullable(),
    altLabels: z.array(altLabel),
    definition: z.string(),
    uri: z.string().nullable().meta({ description: 'Its IRI in the vocabulary that it was imported from' }),
    revision: z.int(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Category' });
export type Category = z.output<typeof category>;
