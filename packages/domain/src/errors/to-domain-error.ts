import { z } from 'zod';
import { DomainError, type ErrorDetails, type ErrorKind } from './domain-error.ts';

/** SQLSTATEs (PostgreSQL, appendix A) and those that app.* functions raise themselves (GR…). */
const kindOfState: Readonly<Record<string, ErrorKind>> = {
  GR400: 'invalid',
  GR401: 'unauthenticated',
  GR403: 'forbidden',
  GR404: 'not_found',
  GR409: 'conflict',
  GR412: 'precondition',
  GR429: 'limit_reached',
  '23505': 'conflict', // unique_violation
  '23503': 'conflict', // foreign_key_violation
  '23514': 'invalid', // check_violation
  '40001': 'conflict', // serialization_failure
  '40P01': 'conflict', // deadlock_detected
  '42501': 'forbidden', // insufficient_privilege: a grant or a policy said no
  '57014': 'unavailable', // query_canceled: the statement timeout
  '54000': 'limit_reached', // program_limit_exceeded: a value that is too long for the index of its column
  '57P01': 'unavailable', // admin_shutdown
  '57P03': 'unavailable', // cannot_connect_now
  '53300': 'unavailable', // too_many_connections
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
};

const kindOfClass: Readonly<Record<string, ErrorKind>> = {
  '22': 'invalid', // data exception: out of range, not a date …
  '08': 'unavailable', // connection exception
};

const messages: Readonly<Record<ErrorKind, string>> = {
  invalid: 'the input does not fit',
  unauthenticated: 'not signed in',
  forbidden: 'not allowed',
  not_found: 'not found',
  conflict: 'conflicts with what is there',
  precondition: 'not possible in the present state',
  limit_reached: 'a limit is reached',
  unavailable: 'temporarily not available, try again',
};

/** What a caller meets in daily use is said in words that help; the constraint's name says it, and no value of anybody's. */
const messageOfConstraint: Readonly<Record<string, string>> = {
  datasets_tenant_id_owner_id_name_key:
    'you have a dataset of this name already: give another name, or load the file into that dataset',
  blocks_name: 'the organization has a block of this name already',
  taxonomy_categories_name: 'there is a category of this name beside it already',
  taxonomy_categories_uri: 'there is a category with this IRI already',
  edges_name: 'the organization has an edge of this name already',
};

const databaseError = z.object({
  code: z.string(),
  message: z.string(),
  detail: z.string().optional(),
  constraint: z.string().optional(),
});

/** What pg and its pool reject with, without a code, when there is no connection to be had or it broke. */
const noConnection = /^(timeout exceeded when trying to connect|Connection terminated)/;
const unavailable = (cause: Error) => new DomainError('unavailable', messages.unavailable, {}, { cause });

/**
 * A failure as a DomainError where its kind is known, else as it came. PostgreSQL's own messages name tables and values,
 * so only messages that our functions wrote (GR…) go out; the cause is for the log.
 */
export function toDomainError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  if (error instanceof Error && noConnection.test(error.message)) return unavailable(error);
  const parsed = databaseError.safeParse(error);
  if (!parsed.success) return error;
  const { code, message, detail, constraint = '' } = parsed.data;
  const kind = kindOfState[code] ?? kindOfClass[code.slice(0, 2)];
  if (!kind) return error;
  const ours = code.startsWith('GR');
  const words = messageOfConstraint[constraint] ?? messages[kind];
  return new DomainError(kind, ours ? message : words, ours ? detailsOf(detail) : {}, { cause: error });
}

function detailsOf(detail: string | undefined): ErrorDetails {
  if (!detail?.startsWith('{')) return {};
  return z.record(z.string(), z.unknown()).parse(JSON.parse(detail));
}
