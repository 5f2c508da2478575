import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { withClient } from '../with-client.ts';
import { scramVerifier } from './scram.ts';

/** The deployables' roles, which the migrations create without LOGIN. */
export const loginRoles = {
  api: 'granary_api',
  identity: 'granary_identity',
  worker: 'granary_worker',
} as const;
export type Login = keyof typeof loginRoles;
export type LoginUrls = Readonly<Record<Login, string>>;

export interface LoginOptions {
  /** URLs from an earlier call; each that still works is kept. */
  readonly known?: Partial<LoginUrls>;
  /** Limit for a statement of api and identity, kept with the role since poolers refuse it from clients; 0 for none. */
  readonly statementTimeoutMs?: number;
}

/**
 * Lets api, identity and worker log in to a migrated database and returns their URLs. A login whose known URL does
 * not work (or is not given) gets a new password, which locks out whoever uses the former one: keep what this returns.
 */
export async function ensureLogins(ownerUrl: string, options: LoginOptions = {}): Promise<LoginUrls> {
  const { known = {}, statementTimeoutMs = 30_000 } = options;
  return withClient(ownerUrl, async (owner) => {
    await limit(owner, loginRoles.api, statementTimeoutMs);
    await limit(owner, loginRoles.identity, statementTimeoutMs);
    const urlOf = async (login: Login) => {
      const before = known[login];
      return before !== undefined && (await works(before, ownerUrl, loginRoles[login]))
        ? before
        : open(owner, ownerUrl, login);
    };
    return { api: await urlOf('api'), identity: await urlOf('identity'), worker: await urlOf('worker') };
  });
}

async function open(owner: pg.Client, ownerUrl: string, login: Login): Promise<string> {
  const role = loginRoles[login];
  const password = randomBytes(24).toString('base64url');
  await owner.query(`alter role ${role} login password ${pg.escapeLiteral(scramVerifier(password))}`);
  return loginUrl(ownerUrl, role, password);
}

/** The owner's URL with another user. */
export function loginUrl(ownerUrl: string, role: string, password: string): string {
  const url = new URL(ownerUrl);
  // Supabase's pooler finds the project by the user's name: postgres.<project>
  const [, project] = decodeURIComponent(url.username).split('.', 2);
  url.username = project === undefined ? role : `${role}.${project}`;
  url.password = encodeURIComponent(password);
  return url.href;
}

async function limit(owner: pg.Client, role: string, milliseconds: number): Promise<void> {
  const wanted = Math.trunc(milliseconds);
  const { rowCount } = await owner.query('select from pg_roles where rolname = $1 and $2 = any (rolconfig)', [
    role,
    `statement_timeout=${wanted}`,
  ]);
  // two starters that alter a role at the same moment collide ("tuple concurrently updated")
  if (!rowCount) await owner.query(`alter role ${role} set statement_timeout = ${wanted}`);
}

/** An old URL may lead to another database, where the same role exists as well. */
async function works(url: string, ownerUrl: string, role: string): Promise<boolean> {
  const sameServer =
    new URL(url).host === new URL(ownerUrl).host && new URL(url).pathname === new URL(ownerUrl).pathname;
  if (!sameServer) return false;
  const { rows } = await withClient(url, (client) =>
    client.query<{ user: string }>('select current_user as user'),
  ).catch(() => ({ rows: [] }));
  return rows[0]?.user === role;
}
