import { setTimeout as sleep } from 'node:timers/promises';
import { createPool, withClient } from '@granary/db';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@granary/db/embedded';
import { CommandFailure } from '../output/failure.ts';

export interface EmbeddedServer {
  readonly server: EmbeddedPostgres;
  /** Rejects with CommandFailure when the server ends or drops us before `release`; never resolves. */
  readonly lost: Promise<never>;
  /** Stops the server, unless another command uses it. */
  release(): Promise<void>;
}

// Any constant. Every command that uses the server shares this lock, so that the last one stops it.
const useLock = 7263010;
const administration = 'postgres'; // advisory locks belong to a database; this one is always there

/** Starts the PostgreSQL of `directory`, or joins those who use it already. */
export async function useEmbeddedServer(
  directory: string,
  durable: boolean,
  onNotice: (text: string) => void,
  attempts = 50,
): Promise<EmbeddedServer> {
  const server = await startEmbeddedPostgres({ directory, durable, onNotice });
  const { promise: lost, reject } = Promise.withResolvers<never>();
  let isLost = false;
  lost.catch(() => {}); // it is for whoever waits for it
  const pool = createPool(server.url('supabase_admin', administration), {
    poolSize: 1,
    applicationName: 'granary cli',
    onConnectionLost: ({ message }) => {
      isLost = true;
      reject(new CommandFailure(`PostgreSQL (pid ${server.pid}) ended or closed the connection: ${message}`));
    },
  });
  try {
    const lease = await pool.connect();
    await lease.query('select pg_advisory_lock_shared($1)', [useLock]);
    return {
      server,
      lost,
      async release() {
        lease.release(true);
        await pool.end();
        if (isLost) await server.stop();
        else await stopIfUnused(server);
      },
    };
  } catch (error) {
    await pool.end();
    if (attempts === 0) throw error;
    await sleep(100); // another command was its last user and is stopping it
    return useEmbeddedServer(directory, durable, onNotice, attempts - 1);
  }
}

/** A server that was found running may be somebody's who takes no lock: psql, or an API started by hand. */
async function stopIfUnused(server: EmbeddedPostgres): Promise<void> {
  await withClient(server.url('supabase_admin', administration), async (client) => {
    const { rows } = await client.query<{ unused: boolean; alone: boolean }>(
      `select pg_try_advisory_lock($1) as unused, not exists (
         select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()) as alone`,
      [useLock],
    );
    // with the lock held: a command that arrives now waits for it, loses its connection, and starts the server again
    if (rows[0]?.unused && (rows[0].alone || !server.reused)) await server.stop();
  });
}
