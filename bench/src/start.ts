import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureLogins, prepareDatabase, withClient } from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import { median, paired, seconds } from './measure.ts';

const rounds = 5;

/** From an empty folder to a migrated database with its logins, against initdb and start alone. */
export const start = async () => {
  const ready: number[] = [];
  const alone: number[] = [];
  const again: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const measured = await once();
    if (round === 0) continue; // the first one copies the binaries
    ready.push(measured.ready);
    alone.push(measured.alone);
    again.push(measured.again);
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  return {
    ...paired(ready, alone),
    seconds: { ready: median(ready), initdbAndStart: median(alone), secondStart: median(again) },
    sizes: {
      migrations: execFileSync('ls', [path.join(import.meta.dirname, '../../supabase/migrations')])
        .toString()
        .trim()
        .split('\n').length,
    },
  };
};

async function once(): Promise<{ ready: number; alone: number; again: number }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-bench-'));
  const directory = path.join(folder, 'postgres');
  const begun = performance.now();
  const server = await startEmbeddedPostgres({ directory, durable: true });
  const alone = (performance.now() - begun) / 1000;
  await withClient(server.url('postgres', 'postgres'), (client) => client.query('create database granary'));
  await prepareDatabase({
    url: server.url('postgres', 'granary'),
    administratorUrl: server.url('supabase_admin', 'granary'),
  });
  await ensureLogins(server.url('postgres', 'granary'));
  const ready = (performance.now() - begun) / 1000;
  await server.stop();
  let second = server;
  const again = await seconds(async () => {
    second = await startEmbeddedPostgres({ directory, durable: true });
    await prepareDatabase({
      url: second.url('postgres', 'granary'),
      administratorUrl: second.url('supabase_admin', 'granary'),
    });
  });
  await second.remove();
  await rm(folder, { recursive: true, force: true });
  return { ready, alone, again };
}
