import { describeDuckError } from '../../reading/duck/describe-duck-error.ts';
import { SqlEdgeError } from '../sql-edge-error.ts';

/**
 * What went wrong, for who wrote the SQL. Parser, binder and catalogue speak of the SQL alone and are quoted; what fails
 * later quotes the row that it stumbled over, which stands in no log.
 */
export function describeFailure(error: unknown): SqlEdgeError {
  if (error instanceof SqlEdgeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const [kind = ''] = message.split(' Error:');
  if (/^(Parser|Binder|Catalog|Syntax)$/.test(kind)) {
    return new SqlEdgeError('invalid_sql', message.split('\n\nLINE ')[0]?.slice(0, 500) ?? '');
  }
  if (kind === 'Permission') return new SqlEdgeError('refused', 'The SQL reaches for what is outside of its inputs.');
  if (/^Out of Memory|bad_alloc|Failed to allocate|Allocation failure/i.test(message)) {
    // DuckDB says the same of what did not fit on disk
    return /max_temp_directory_size|temporary directory|swap/i.test(message) && /offload|exceed/i.test(message)
      ? new SqlEdgeError('too_much_space', 'The SQL needs more space for intermediate results than it may have.')
      : new SqlEdgeError('too_much_memory', 'The SQL needs more memory than it may have.');
  }
  if (/file too large|no space left|could not write/i.test(message)) {
    return new SqlEdgeError('too_much_space', 'The inputs and the result need more space than they may have.');
  }
  return new SqlEdgeError('failed', describeDuckError(error));
}
