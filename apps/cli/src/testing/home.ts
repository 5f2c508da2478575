import { freePort } from '@granary/db/embedded';
import type { TestDatabase } from '@granary/db/testing';
import { givenDatabase } from '../database/owner-database.ts';
import { writePrivateJson } from '../files/private-json.ts';
import { type Afterwards, temporaryFolder } from './temporary-folder.ts';

/**
 * A folder for GRANARY_HOME that knows the logins of the test server: making new passwords would lock out every other
 * test on it.
 */
export async function temporaryHome(database: TestDatabase, afterwards?: Afterwards): Promise<string> {
  const home = await temporaryFolder(afterwards);
  await writePrivateJson(givenDatabase(database.url('postgres'), home).loginsFile, {
    api: database.url('granary_api'),
    identity: database.url('granary_identity'),
    worker: database.url('granary_worker'),
  });
  return home;
}

/** What `granary start` needs to run on a test database. */
export async function startSettings(
  database: TestDatabase,
): Promise<{ port: string; url: string; env: NodeJS.ProcessEnv }> {
  const port = String(await freePort());
  const env = { DATABASE_URL: database.url('postgres'), GRANARY_HOME: await temporaryHome(database) };
  return { port, url: `http://127.0.0.1:${port}`, env };
}
