import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withClient } from '@granary/db';
import { startEmbeddedPostgres } from '@granary/db/embedded';
import { embeddedDatabase, type OwnerDatabase } from '../database/owner-database.ts';

export interface TemporaryDatabase {
  readonly database: Omit<OwnerDatabase, 'release'>;
  /** For originals, logs and work files. */
  readonly home: string;
  /** Removes the database and the folder. */
  remove(): Promise<void>;
}

const prefix = 'granary-check-';

/** An empty database, and a folder: on a server of its own, or on that of `serverUrl`, a superuser's. */
export async function makeTemporaryDatabase(
  serverUrl: string | undefined,
  note: (text: string) => void,
): Promise<TemporaryDatabase> {
  await removeLeftovers(note);
  const folder = await mkdtemp(path.join(tmpdir(), `${prefix}${process.pid}-`));
  const home = path.join(folder, 'home');
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    await mkdir(home, { mode: 0o700 });
    const made = serverUrl === undefined ? await onOwnServer(folder, home, note) : await onServer(serverUrl, home);
    const remove = async () => {
      await made.remove();
      await removeFolder();
    };
    return { database: made.database, home, remove };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function onOwnServer(folder: string, home: string, note: (text: string) => void) {
  await chmod(folder, 0o755); // the server's account must get to its data; `home` stays closed
  const server = await startEmbeddedPostgres({
    directory: path.join(folder, 'postgres'),
    durable: false,
    onNotice: note,
  });
  return { database: await embeddedDatabase(server, home), remove: () => server.remove() };
}

async function onServer(serverUrl: string, home: string) {
  const name = `granary_check_${randomBytes(5).toString('hex')}`;
  await withClient(serverUrl, (client) => client.query(`create database ${name}`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const files = { loginsFile: path.join(home, 'logins.json'), demoFile: path.join(home, 'demo.json') };
  return {
    database: { url: url.href, isEmbedded: false, ...files },
    remove: async () => {
      await withClient(serverUrl, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

/** What a check left behind that was killed; its folder names its process. Never fails: another check may be faster. */
async function removeLeftovers(note: (text: string) => void): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = /^granary-check-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const folder = path.join(tmpdir(), name);
    await removeLeftover(folder).catch((error: Error) => note(`${folder} could not be removed: ${error.message}`));
  }
}

async function removeLeftover(folder: string): Promise<void> {
  if ((await stat(folder)).uid !== process.getuid?.()) return;
  const directory = path.join(folder, 'postgres');
  const hasServer = await stat(directory).catch(() => undefined);
  if (hasServer) await startEmbeddedPostgres({ directory, durable: false }).then((server) => server.remove());
  await rm(folder, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // somebody else's
  }
}
