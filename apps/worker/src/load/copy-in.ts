import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Streams CSV into a table by COPY; resolves with the number of rows that PostgreSQL took. */
export async function copyIn(
  client: pg.PoolClient,
  command: string,
  csv: Readable,
  signal: AbortSignal,
): Promise<number> {
  const target = client.query(copyFrom(command));
  await pipeline(csv, target, { signal });
  return target.rowCount;
}

/** One field of a CSV line as COPY reads it: quoted always, so that an empty string is not NULL. */
export const csvField = (value: string | number | null): string =>
  value === null ? '' : `"${String(value).replaceAll('"', '""')}"`;
