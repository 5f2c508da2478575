import { DomainError, toDomainError } from '@granary/domain';
import { SqlEdgeError, type SqlEdgeErrorKind } from '../sql-edge/sql-edge-error.ts';
import type { StepFailure } from './step-state.ts';

const kinds: Record<Exclude<SqlEdgeErrorKind, 'crashed'>, string> = {
  invalid_sql: 'invalid',
  refused: 'invalid',
  failed: 'invalid',
  unsupported: 'invalid',
  too_long: 'limit_reached',
  too_much_memory: 'limit_reached',
  too_many_rows: 'limit_reached',
  too_many_columns: 'limit_reached',
  too_much_space: 'limit_reached',
};

/**
 * What is told of an attempt that cannot succeed like this; null where the trouble is the machine's or the database's, and the
 * queue tries again by itself.
 */
export function stepFailure(cause: unknown): StepFailure | null {
  if (cause instanceof SqlEdgeError) {
    const { kind, message } = cause;
    return kind === 'crashed' ? null : { kind: kinds[kind], message };
  }
  if (isDataError(cause)) return { kind: 'invalid', message: 'the result holds a value that PostgreSQL cannot keep' };
  const error = isRefusal(cause) ? toDomainError(cause) : cause;
  if (!(error instanceof DomainError) || error.kind === 'unavailable' || error.kind === 'conflict') return null;
  return { kind: error.kind, message: error.message };
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
/** SQLSTATE class 22: a number out of range, a text that is no JSON. */
const isDataError = (error: unknown): boolean => /^22[0-9A-Z]{3}$/.test(codeOf(error));
/** Whether a function of ours said no. */
const isRefusal = (error: unknown): boolean => codeOf(error).startsWith('GR');

/** Whether another worker, or a cancellation, came before. */
export const isOvertaken = (error: unknown): boolean =>
  codeOf(error) === 'GR412' &&
  error instanceof Error &&
  'detail' in error &&
  String(error.detail).includes('"overtaken"');
