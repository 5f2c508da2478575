import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { withOwnerDatabase } from '../database/owner-database.ts';
import { CommandFailure } from '../output/failure.ts';
import { plural } from '../output/measures.ts';
import { checkDatabase } from './check-database.ts';

export function addCheckCommand(db: Command, { environment, terminal }: CommandContext): void {
  db.command('check')
    .description('verify in the live database that tenants are kept apart and that it has this schema')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExit code 1 when there is a defect.')
    .action(({ json }: { json?: true }) =>
      withOwnerDatabase(environment(), terminal.note, async ({ url }) => {
        const defects = await checkDatabase(url);
        if (json) terminal.print(JSON.stringify({ ok: defects.length === 0, defects }));
        else for (const { rule, subject, problem } of defects) terminal.print(`${subject}: ${problem} (${rule})`);
        if (defects.length > 0) throw new CommandFailure(`${plural(defects.length, 'defect')} found`);
        if (!json) terminal.print('no defect found');
      }),
    );
}
