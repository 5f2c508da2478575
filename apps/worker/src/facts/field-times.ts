import { z } from 'zod';
import { allFields, type FieldTimes } from './held-fields.ts';

const schema = z.record(z.string(), z.array(z.enum(allFields)));

/** What stands in `field_times` and `older`. */
export const fieldTimes = (stored: unknown): FieldTimes => schema.parse(stored ?? {});
