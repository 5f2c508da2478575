import { MigrationError } from '@granary/db/migration-error';
import { z } from 'zod';
import { UsageFailure } from './failure.ts';

export interface Explanation {
  readonly message: string;
  readonly exitCode: 1 | 2;
}

/** What to tell the operator about anything thrown: no stack, and what to do where it is known. */
export function explain(error: unknown): Explanation {
  if (error instanceof UsageFailure) return { message: error.message, exitCode: 2 };
  if (error instanceof z.ZodError) {
    const problems = error.issues.map(({ path, message }) =>
      [...(path.length > 0 ? [path.join('.')] : []), message].join(': '),
    );
    return { message: problems.join('\n'), exitCode: 2 };
  }
  return { message: describe(error), exitCode: 1 };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // of a host with several addresses, each refused
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const message = error.message || (first instanceof Error ? first.message : error.name);
  const advice = adviceFor(error, first);
  return advice === undefined ? message : `${message}\n${advice}`;
}

const advices: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'No server answers there: is it running, and does DATABASE_URL name it?',
  ENOTFOUND: 'The name is not known: check the host in DATABASE_URL.',
  '28P01': 'Check the user and the password in DATABASE_URL.',
  '28000': 'The server does not let this user in from here: check DATABASE_URL and its pg_hba.conf.',
  '3D000': 'Create the database first (createdb), or correct DATABASE_URL.',
  '53300': 'The server has no connection left: raise its max_connections or lower GRANARY_DB_POOL_SIZE.',
  unauthenticated: 'Set GRANARY_API_KEY (or --key) to a key of this server; `granary admin bootstrap` makes one.',
  forbidden: 'The key lacks a scope, or its owner a role, that this needs.',
  network: 'Is the API running there? `npm start` starts one; --url or GRANARY_API_URL name another.',
};

const startAnew =
  'If it is the development database in .granary/ and nothing in it matters: remove .granary/postgres and start anew.';

/** pg and Node name a reason in `code`, the typed client in `kind`. */
function adviceFor(...errors: unknown[]): string | undefined {
  for (const error of errors) {
    if (typeof error !== 'object' || error === null) continue;
    if (error instanceof MigrationError && /applied/.test(error.message)) return startAnew;
    for (const key of ['code', 'kind']) {
      const reason: unknown = Reflect.get(error, key);
      if (typeof reason === 'string' && Object.hasOwn(advices, reason)) return advices[reason];
    }
  }
  return undefined;
}
