import { createHash, createHmac } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmbeddedPostgres, openCache, startEmbeddedPostgres } from '../embedded/index.ts';

/** Everyone a test can connect as. `postgres` owns the schema; only `supabase_admin` is a superuser. */
export const testUsers = ['supabase_admin', 'postgres', 'granary_api', 'granary_identity', 'granary_worker'] as const;
export type TestUser = (typeof testUsers)[number];

/** The server's logins: any database of it is reached by replacing the path. */
export type TestLogins = Readonly<Record<TestUser, string>>;

export interface TestServer {
  readonly logins: TestLogins;
  /** Undefined for GRANARY_TEST_DATABASE_URL, which is not ours to stop. */
  readonly embedded: EmbeddedPostgres | undefined;
}

/** The server of GRANARY_TEST_DATABASE_URL (a superuser's URL), or one of this checkout's own without fsync. */
export async function openTestServer(given: string | undefined): Promise<TestServer> {
  if (given) return { logins: loginsOf(new URL(given), undefined), embedded: undefined };
  const repository = fileURLToPath(new URL('../../../..', import.meta.url));
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 12);
  const directory = path.join(await openCache(), `test-${hash}`);
  const embedded = await startEmbeddedPostgres({ directory, durable: false });
  const administrator = new URL(embedded.url('supabase_admin', 'postgres'));
  return { logins: loginsOf(administrator, embedded.url('postgres', 'postgres')), embedded };
}

export function inDatabase(url: string, database: string): string {
  const copy = new URL(url);
  copy.pathname = `/${database}`;
  return copy.href;
}

function loginsOf(administrator: URL, owner: string | undefined): TestLogins {
  const as = (user: string) => {
    const url = new URL(administrator);
    url.username = user;
    // derived, so that runs at the same time agree on the cluster's one password for it
    url.password = createHmac('sha256', `granary-test:${administrator.password}`).update(user).digest('base64url');
    return url.href;
  };
  return {
    supabase_admin: administrator.href,
    // a server whose superuser has that name gets an owner of another one
    postgres: owner ?? as(administrator.username === 'postgres' ? 'granary_test_owner' : 'postgres'),
    granary_api: as('granary_api'),
    granary_identity: as('granary_identity'),
    granary_worker: as('granary_worker'),
  };
}
