import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

/** Removes sessions that ended, registrations that nobody opened, mails that were sent, and attempts that are forgotten. */
export async function expireCredentials(database: Database): Promise<void> {
  await asSystem(database, 'credentials: expiry', (db) => sql`select app.expire_credentials()`.execute(db));
}
