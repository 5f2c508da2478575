import { z } from 'zod';

/** Names of a block's or an edge's versions, and where they pointed before. */
export const aliasesOutput = z.object({
  aliases: z.array(
    z
      .object({ name: z.string(), version: z.int(), movedBy: z.uuid(), movedAt: z.string() })
      .meta({ id: 'CatalogueAlias' }),
  ),
  history: z
    .array(
      z
        .object({
          name: z.string(),
          version: z.int().nullable().meta({ description: 'null: the name was removed' }),
          movedBy: z.uuid(),
          movedAt: z.string(),
        })
        .meta({ id: 'CatalogueAliasMove' }),
    )
    .meta({ description: 'The last `limit` moves' }),
});
