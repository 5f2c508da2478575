import { z } from 'zod';

/** How a change says what it is a change of. */
export const seenRevision = z.int().positive().meta({
  description: 'The one that you saw (in REST also as If-Match): if it was changed since, nothing happens',
});

/** Of what can be added to whatever is there, because it takes nothing away. */
export const seenRevisionOrAny = seenRevision
  .nullable()
  .meta({ description: 'The one that you saw (in REST also as If-Match); null: whatever is there now' });

export const versionNumber = z.int().positive().max(999_999_999);
