import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withPerson } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { withOperator } from '../operator/with-operator.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';

interface ListFlags extends CallerFlags {
  readonly all?: true;
  readonly search?: string;
}

export function addListCommand(org: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(org.command('list'))
    .description('list the organizations that a person belongs to (--login), or for an operator all of them (--all)')
    .option('--all', 'every organization of the installation, from the database of DATABASE_URL')
    .option('--search <text>', 'with --all: part of a name, or an id')
    .action(async ({ all, search, ...flags }: ListFlags) => {
      if (all && flags.login !== undefined) throw new UsageFailure('--all or --login, not both');
      if (!all && search !== undefined) throw new UsageFailure('--search goes with --all');
      if (all) return listAll(search, flags.json);
      await withPerson(context, flags, async (client) => {
        const found = await client.organizations.list();
        if (flags.json) return terminal.print(JSON.stringify(found));
        const rows = found.map(({ id, name, isActive }) => [id, name, isActive ? 'at work here' : '']);
        terminal.print(formatTable(['id', 'name', ''], rows));
      });
    });

  const listAll = (search: string | undefined, json: true | undefined) =>
    withOperator(context, async (act) => {
      const found = await act(operatorActions.listAllOrganizations, { search });
      if (json) return terminal.print(JSON.stringify(found));
      const rows = found.map(({ id, name, members, owners }) => [id, name, members, owners.join(', ')]);
      terminal.print(formatTable(['id', 'name', 'members', 'owners'], rows));
    });
}
