import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { parsePositive } from '../dataset/parse-positive.ts';
import { withOperator } from '../operator/with-operator.ts';
import { formatTable } from '../output/table.ts';

interface ListFlags {
  readonly search?: string;
  readonly inactive?: true;
  readonly limit: number;
  readonly json?: true;
}

export function addListCommand(user: Command, context: CommandContext): void {
  user
    .command('list')
    .description('list people, the first account first')
    .option('--search <text>', 'part of an address, a user name or a name')
    .option('--inactive', 'only accounts that are not active')
    .option('--limit <number>', 'how many at most, up to 1000', parsePositive, 200)
    .option('--json', 'print a JSON array')
    .action(async ({ search, inactive, limit, json }: ListFlags) =>
      withOperator(context, async (act) => {
        const wanted = { search, isActive: inactive ? false : undefined, limit };
        const { items, nextCursor } = await act(operatorActions.listUsers, wanted);
        if (json) return context.terminal.print(JSON.stringify(items));
        const rows = items.map(({ id, email, username, name, isActive }) => [
          id,
          email,
          username ?? '',
          name,
          isActive ? 'active' : 'not active',
        ]);
        context.terminal.print(formatTable(['id', 'email', 'user name', 'name', 'state'], rows));
        if (nextCursor !== null) context.terminal.note('there are more: --search or --limit');
      }),
    );
}
