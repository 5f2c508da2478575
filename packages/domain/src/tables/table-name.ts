import { z } from 'zod';

/** How the table API names a dataset: by name, one's own first, or by id where several people share one of that name. */
export const tableName = z
  .string()
  .min(1)
  .max(210)
  .meta({ description: 'The name of a dataset that you may read (your own comes first), or its id' });

/** There is nothing to choose: the argument is there because its callers send it. */
export const schemaName = z
  .literal('_realtime')
  .optional()
  .meta({ description: 'There is one schema; no other can be named' });
