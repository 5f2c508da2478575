import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@granary/db/embedded';
import { z } from 'zod';
import { CommandFailure } from '../output/failure.ts';
import { type HeldConnection, holdConnection } from './held-connection.ts';

export interface EmbeddedServer {
  readonly server: EmbeddedPostgres;
  /** Rejects with CommandFailure when the server ends or drops us before `release`; never resolves. */
  readonly lost: Promise<never>;
  /** Stops the server, unless another command uses it. */
  release(): Promise<void>;
}

const useLock = 7263010; // any constant; every command that uses the server shares this lock
const applicationName = 'granary cli';

/** Starts the PostgreSQL of `directory`, or joins those who use it already. The last one to release it stops it. */
export async function useEmbeddedServer(
  directory: string,
  onNotice: (text: string) => void,
  attempts = 50,
): Promise<EmbeddedServer> {
  const server = await startEmbeddedPostgres({ directory, durable: true, onNotice });
  const { promise: lost, reject } = Promise.withResolvers<never>();
  let isLost = false;
  lost.catch(() => {}); // it is for whoever waits for it
  const onConnectionLost = ({ message }: Error) => {
    isLost = true;
    reject(new CommandFailure(`PostgreSQL (pid ${server.pid}) ended or closed the connection: ${message}`));
  };
  const lease = await takeLease(server, onConnectionLost).catch((error: unknown) => {
    if (attempts === 0) throw error;
  });
  if (!lease) {
    await sleep(100); // another command was its last user and is stopping it
    return useEmbeddedServer(directory, onNotice, attempts - 1);
  }
  return {
    server,
    lost,
    async release() {
      try {
        // with the lock held: who arrives now waits for it, loses the connection, and starts the server again
        if (isLost || (await isUnused(lease, server.reused))) await server.stop();
      } finally {
        await lease.end();
      }
    },
  };
}

async function takeLease(server: EmbeddedPostgres, onConnectionLost: (error: Error) => void): Promise<HeldConnection> {
  // advisory locks belong to a database; this one is always there
  const lease = await holdConnection(server.url('supabase_admin', 'postgres'), { applicationName, onConnectionLost });
  try {
    await lease.query('select pg_advisory_lock_shared($1)', [useLock]);
    // a server that is shutting down frees the lock and tells us so, before it tells us that it is shutting down
    await lease.query('select 1', []);
    return lease;
  } catch (error) {
    await lease.end();
    throw error;
  }
}

const usage = z.tuple([z.object({ unused: z.boolean(), alone: z.boolean() })]);

/**
 * Gives up our share of the lock and takes it alone, if nobody else has one. A server that was found running may be used
 * by others who take no lock: psql, or an API started by hand.
 */
async function isUnused(lease: HeldConnection, wasFound: boolean): Promise<boolean> {
  await lease.query('select pg_advisory_unlock_shared($1)', [useLock]);
  const { rows } = await lease.query(
    `select pg_try_advisory_lock($1) as unused, not exists (select from pg_stat_activity
       where backend_type = 'client backend' and application_name <> $2) as alone`,
    [useLock, applicationName],
  );
  const [{ unused, alone }] = usage.parse(rows);
  return unused && (alone || !wasFound);
}
