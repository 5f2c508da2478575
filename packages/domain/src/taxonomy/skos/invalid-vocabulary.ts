import { DomainError } from '../../errors/domain-error.ts';

export const invalid = (message: string, cause?: unknown): DomainError =>
  new DomainError('invalid', message, {}, { cause });

/** What a parser says of a text, in one line; what we said ourselves, as it is. */
export function unreadable(what: string, cause: unknown): DomainError {
  if (cause instanceof DomainError) return cause;
  return invalid(cause instanceof Error ? `no ${what}: ${cause.message.slice(0, 200)}` : `no ${what}`, cause);
}
