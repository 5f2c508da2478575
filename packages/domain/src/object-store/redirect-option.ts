import { z } from 'zod';

/** Of an action that opens an object for a download. */
export const redirectOption = z.boolean().default(false).meta({
  description:
    'Where the object store can, answer with its own address for the bytes (307), which anybody who has it can use for a minute',
});
