import { checkSecurity, migrationStatus, migrationsDirectory, type SecurityDefect, withClient } from '@granary/db';

/** What is wrong with a live database: migrations that it lacks or that differ, and rules of isolation that it breaks. */
export async function checkDatabase(url: string): Promise<SecurityDefect[]> {
  return withClient(url, async (client) => {
    const migrations = await migrationStatus(client, migrationsDirectory);
    const drift = migrations
      .filter(({ state }) => state !== 'applied')
      .map(({ version, name, state }) => ({
        rule: 'the schema is the one of the migrations',
        subject: `${version}_${name}`,
        problem: state,
      }));
    // the rules name roles and functions that an empty database has not got
    const isEmpty = migrations.every(({ state }) => state === 'pending');
    return isEmpty ? drift : [...drift, ...(await checkSecurity(client))];
  });
}
