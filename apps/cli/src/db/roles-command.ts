import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { ensureKnownLogins, requireMigrated } from '../database/known-logins.ts';
import { loginVariables } from '../database/login-variables.ts';
import { withOwnerDatabase } from '../database/owner-database.ts';

export function addRolesCommand(db: Command, { environment, terminal }: CommandContext): void {
  db.command('roles')
    .description('make the logins of api, identity and worker, and print their URLs')
    .option('--rotate', 'give each a new password; running deployables must be restarted with it')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nThe URLs hold passwords. They are kept in .granary/ for the next call, readable by you alone.',
    )
    .action(({ json, rotate = false }: { json?: true; rotate?: boolean }) =>
      withOwnerDatabase(environment(), terminal.note, async (database) => {
        await requireMigrated(database.url);
        const { statementTimeoutMs } = environment().database;
        const variables = loginVariables(await ensureKnownLogins(database, { rotate, statementTimeoutMs }));
        if (json) return terminal.print(JSON.stringify(variables));
        for (const [name, url] of Object.entries(variables)) terminal.print(`${name}=${url}`);
      }),
    );
}
