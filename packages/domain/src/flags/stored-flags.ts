import type { Database } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';

const answers = z.record(z.string(), z.boolean()).transform((record) => new Map(Object.entries(record)));

const storedFlag = z.object({
  codename: z.string(),
  isActive: z.boolean(),
  /** Percent of those that no target names. */
  rollout: z.number(),
  splitBy: z.enum(['user', 'tenant']),
  /** Milliseconds since 1970. */
  expiresAt: z.number().nullable(),
  /** What it is for these, by id. */
  users: answers,
  tenants: answers,
});
export type StoredFlag = z.output<typeof storedFlag>;

const storedFlags = z.object({ version: z.number(), flags: z.array(storedFlag) });
export type StoredFlags = z.output<typeof storedFlags>;

/** All flags of one moment; null while their version is the known one, which costs the database one row. */
export async function readStoredFlags({ kysely }: Database, known: number | null): Promise<StoredFlags | null> {
  const { rows } = await sql<{ snapshot: unknown }>`select app.flag_snapshot(${known}::bigint) as snapshot`.execute(
    kysely,
  );
  return storedFlags.nullable().parse(rows[0]?.snapshot ?? null);
}
