import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded/index.ts';

/** A server for tests that change roles, which would disturb every other test on the shared one. Stop it with `remove`. */
export async function startOwnServer(): Promise<{ server: EmbeddedPostgres; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-own-'));
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ directory: path.join(folder, 'postgres'), durable: false });
  const remove = async () => {
    await server.remove();
    await rm(folder, { recursive: true });
  };
  return { server, remove };
}
