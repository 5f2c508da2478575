import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { parsePositive } from '../dataset/parse-positive.ts';
import { withOperator } from '../operator/with-operator.ts';
import { formatTable } from '../output/table.ts';

interface EventsFlags {
  readonly limit: number;
  readonly json?: true;
}

export function addEventsCommand(user: Command, context: CommandContext): void {
  user
    .command('events')
    .description('list what happened to an account, refused log-ins too; without one, what belongs to no organization')
    .argument('[user]', 'address, user name or id')
    .option('--limit <number>', 'how many at most, up to 1000', parsePositive, 50)
    .option('--json', 'print a JSON array')
    .action(async (login: string | undefined, { limit, json }: EventsFlags) =>
      withOperator(context, async (act) => {
        const person = login === undefined ? undefined : await act(operatorActions.findPerson, { login });
        const events = await act(operatorActions.listPersonEvents, { userId: person?.id, limit });
        if (json) return context.terminal.print(JSON.stringify(events));
        const rows = events.map(({ at, action, outcome, actorKind, address, details }) => [
          at,
          action,
          outcome,
          actorKind,
          address ?? '',
          Object.keys(details).length === 0 ? '' : JSON.stringify(details),
        ]);
        context.terminal.print(formatTable(['at', 'action', 'outcome', 'by', 'from', 'details'], rows));
      }),
    );
}
