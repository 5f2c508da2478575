import { sql } from 'kysely';
import type { StoreReading } from '../../src/facts/readings.ts';

/** Where readings go in these tests, which are not about facts: one row a plugin and capture, and it is never one too many. */
export const testReadings = `
  create table public.test_readings (
    source_id uuid, capture_id uuid, plugin text, name text, users integer, state text, origin text, captured_at timestamptz,
    primary key (capture_id, plugin));
  grant insert, select on public.test_readings to granary_worker`;

export const storeTestReading: StoreReading = async (db, { sourceId, captureId, capturedAt, origin, plugins }) => {
  for (const { facts } of plugins)
    await sql`insert into test_readings values (${sourceId}::uuid, ${captureId}::uuid, ${facts.externalId}, ${facts.name},
      ${facts.users?.value ?? null}, ${facts.availability.state}, ${origin}, ${capturedAt})`.execute(db);
  return { changed: plugins.length, unchanged: 0 };
};
