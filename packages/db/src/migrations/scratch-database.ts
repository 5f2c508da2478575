import { randomBytes } from 'node:crypto';
import { withClient } from '../with-client.ts';
import { type PrepareOptions, prepareDatabase } from './prepare-database.ts';

/**
 * Lends the URL of a database that holds the migrations and nothing else, made on the same server for this call and
 * dropped afterwards. For the code generator, and for checks that must not touch anybody's data.
 */
export async function withScratchDatabase<T>(options: PrepareOptions, use: (url: string) => Promise<T>): Promise<T> {
  const name = `granary_scratch_${randomBytes(5).toString('hex')}`;
  const inside = (url: string) => {
    const copy = new URL(url);
    copy.pathname = `/${name}`;
    return copy.href;
  };
  const url = inside(options.url);
  await withClient(options.url, (client) => client.query(`create database ${name}`));
  try {
    const { administratorUrl } = options;
    await prepareDatabase({ ...options, url, ...(administratorUrl && { administratorUrl: inside(administratorUrl) }) });
    return await use(url);
  } finally {
    await withClient(options.url, (client) => client.query(`drop database ${name} with (force)`));
  }
}
