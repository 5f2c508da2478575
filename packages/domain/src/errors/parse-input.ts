import type { z } from 'zod';
import { DomainError } from './domain-error.ts';

/**
 * What somebody sent, as its schema has it. Throws DomainError invalid, which names the first 20 fields that do not fit.
 * Only input is read like this: a value of our own that does not fit its schema is a defect, and stays a ZodError.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { error } = parsed;
  const issues = error.issues.slice(0, 20).map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
  const first = issues[0];
  throw new DomainError(
    'invalid',
    first ? `${first.path || 'input'}: ${first.message}` : 'the input does not fit',
    { issues },
    { cause: error },
  );
}
