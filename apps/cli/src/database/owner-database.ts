import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { withClient } from '@granary/db';
import type { EmbeddedPostgres } from '@granary/db/embedded';
import type { Environment } from '../env.ts';
import { describeUrl } from './describe-url.ts';
import { useEmbeddedServer } from './embedded-server.ts';

/** The database that a command works on, as its owner. */
export interface OwnerDatabase {
  readonly url: string;
  /** A superuser's, where there is one: for the shim. */
  readonly administratorUrl?: string;
  readonly isEmbedded: boolean;
  /** Where URLs of logins and keys of the demo are kept between commands. */
  readonly loginsFile: string;
  readonly demoFile: string;
  /** Rejects when a server of our own ends unbidden; never resolves. */
  readonly lost?: Promise<never>;
  release(): Promise<void>;
}

type Settings = Pick<Environment, 'databaseUrl' | 'home'>;

/** Lends the database of DATABASE_URL, or the embedded one, started for as long as `use` runs if need be. */
export async function withOwnerDatabase<T>(
  settings: Settings,
  note: (text: string) => void,
  use: (database: OwnerDatabase) => Promise<T>,
): Promise<T> {
  const database = await openOwnerDatabase(settings, note);
  try {
    return await use(database);
  } finally {
    await database.release();
  }
}

export async function openOwnerDatabase(
  { databaseUrl, home }: Settings,
  note: (text: string) => void,
): Promise<OwnerDatabase> {
  if (databaseUrl !== undefined) return givenDatabase(databaseUrl, home);
  await mkdir(home, { recursive: true });
  const { server, lost, release } = await useEmbeddedServer(path.join(home, 'postgres'), note);
  try {
    return { ...(await embeddedDatabase(server, home)), lost, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Several databases may be worked on from one checkout: their files are told apart by where the URL leads. */
export function givenDatabase(url: string, home: string): OwnerDatabase {
  const hash = createHash('sha256').update(describeUrl(url)).digest('hex').slice(0, 12);
  return {
    url,
    isEmbedded: false,
    loginsFile: path.join(home, `logins-${hash}.json`),
    demoFile: path.join(home, `demo-${hash}.json`),
    release: async () => {},
  };
}

/** The database `granary` of an embedded server, made if it is not there. */
export async function embeddedDatabase(
  server: EmbeddedPostgres,
  home: string,
): Promise<Omit<OwnerDatabase, 'release'>> {
  const name = 'granary';
  await withClient(server.url('postgres', 'postgres'), async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount) return;
    await client.query(`create database ${name}`).catch((error: { code?: string }) => {
      if (error.code !== '42P04' && error.code !== '23505') throw error; // another command was faster
    });
  });
  return {
    url: server.url('postgres', name),
    administratorUrl: server.url('supabase_admin', name),
    isEmbedded: true,
    loginsFile: path.join(home, 'logins.json'),
    demoFile: path.join(home, 'demo.json'),
  };
}
