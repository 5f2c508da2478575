import { once } from 'node:events';
import path from 'node:path';
import { withClient } from '@granary/db';
import { z } from 'zod';
import type { CommandContext } from '../context.ts';
import { describeUrl } from '../database/describe-url.ts';
import { holdConnection } from '../database/held-connection.ts';
import { ensureAuditKey, ensureMasterKey } from '../database/master-key.ts';
import { type OwnerDatabase, openOwnerDatabase } from '../database/owner-database.ts';
import { readPrivateJson } from '../files/private-json.ts';
import { shownPath } from '../files/shown-path.ts';
import { CommandFailure } from '../output/failure.ts';
import { demoFile } from '../samples/demo-file.ts';
import { type Interruption, listenForInterruption } from '../services/interruption.ts';
import { choosePort } from '../services/port.ts';
import { withServices } from '../services/with-services.ts';
import { openStack } from './open-stack.ts';
import { showDemo } from './show-demo.ts';

export interface StartOptions {
  readonly port: number | undefined;
  /** Sample data also where the database is not one of our own. */
  readonly demo: boolean;
}

const startLock = 7263012; // any constant

/** Starts everything and keeps it running until somebody interrupts. Throws when a part of it ends unbidden. */
export async function start(context: CommandContext, options: StartOptions): Promise<void> {
  using interruption = listenForInterruption();
  const { terminal } = context;
  const database = await openOwnerDatabase(context.environment(), terminal.note);
  try {
    const unlock = database.isEmbedded ? await lock(database) : async () => {};
    try {
      await serve(context, database, interruption, options);
    } finally {
      await unlock();
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
  } finally {
    await database.release();
  }
  terminal.print('stopped');
}

/** Two of them on one database would work, but with one set of logs and files. Returns what gives the lock up. */
async function lock(database: OwnerDatabase): Promise<() => Promise<void>> {
  const connection = await holdConnection(database.url, { applicationName: 'granary cli' });
  const isHeld = await connection.query('select pg_try_advisory_lock($1) as held', [startLock]).then(
    ({ rows }) => z.tuple([z.object({ held: z.boolean() })]).parse(rows)[0].held,
    async (error) => {
      await connection.end();
      throw error;
    },
  );
  if (isHeld) return connection.end;
  await connection.end();
  const url = (await readPrivateJson(database.demoFile, demoFile))?.url;
  throw new CommandFailure(`Granary runs already${url ? ` at ${url}` : ''}; stop it (Ctrl-C) before starting it again`);
}

async function serve(
  { environment, terminal }: CommandContext,
  database: OwnerDatabase,
  interruption: Interruption,
  { port, demo }: StartOptions,
): Promise<void> {
  const settings = environment();
  const whose = database.isEmbedded ? ` (its own, in ${shownPath(path.join(settings.home, 'postgres'))})` : '';
  terminal.print(`PostgreSQL ${await serverVersion(database.url)} at ${describeUrl(database.url)}${whose}`);
  const address = { host: settings.apiHost, port: await choosePort(settings.apiHost, port ?? settings.apiPort) };
  const services = await openStack({
    database,
    statementTimeoutMs: settings.database.statementTimeoutMs,
    address,
    home: settings.home,
    env: database.isEmbedded ? await withKeys(process.env, settings.home) : process.env,
    interruption,
    onStep: terminal.print,
  });
  await withServices(services, { interruption, lost: database.lost }, async (signal) => {
    const { url } = services;
    if (demo || database.isEmbedded) await showDemo({ database, settings, url, terminal, signal }, settings.home);
    else if (!(await hasOrganization(database.url))) terminal.print(bootstrapAdvice);
    terminal.print(`
API            ${url}
documentation  ${url}/docs
logs           ${shownPath(services.logs)}
next           npm run granary -- dataset load <file>, npm run granary -- --help, examples/quickstart

Ctrl-C stops everything.`);
    if (!signal.aborted) await once(signal, 'abort');
  });
}

/** With a PostgreSQL of our own nothing has to be set; where somebody sets a key, it is theirs to keep. */
const withKeys = async (env: NodeJS.ProcessEnv, home: string): Promise<NodeJS.ProcessEnv> => ({
  ...env,
  GRANARY_MASTER_KEY: env.GRANARY_MASTER_KEY || (await ensureMasterKey(home)),
  GRANARY_AUDIT_KEY: env.GRANARY_AUDIT_KEY || (await ensureAuditKey(home)),
});

const bootstrapAdvice = `
There is no organization yet. Make the first one, with its owner and an API key:

  npm run granary -- admin bootstrap --email you@example.org --name 'Your Name' --organization 'Your Organization'

With --demo, sample organizations and files go in.`;

async function serverVersion(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ version: string }>(
      `select split_part(current_setting('server_version'), ' ', 1) as version`,
    );
    return rows[0]?.version ?? '';
  });
}

async function hasOrganization(url: string): Promise<boolean> {
  return withClient(
    url,
    async (client) => (await client.query('select from public.organizations limit 1')).rowCount === 1,
  );
}
