import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { withOperator } from '../operator/with-operator.ts';
import { UsageFailure } from '../output/failure.ts';
import { plural } from '../output/measures.ts';
import { formatTable } from '../output/table.ts';

interface SessionsFlags {
  readonly end?: string;
  readonly endAll?: true;
  readonly json?: true;
}

export function addSessionsCommand(user: Command, context: CommandContext): void {
  user
    .command('sessions')
    .description('list where somebody is signed in, or end it')
    .argument('<user>', 'address, user name or id')
    .option('--end <session>', 'end this one, effective at its next request')
    .option('--end-all', 'end all of them')
    .option('--json', 'print a JSON array, or one object for what was ended')
    .action(async (login: string, { end, endAll, json }: SessionsFlags) => {
      if (end !== undefined && endAll) throw new UsageFailure('--end or --end-all, not both');
      await withOperator(context, async (act) => {
        const { print } = context.terminal;
        const { id: userId } = await act(operatorActions.findPerson, { login });
        if (end !== undefined || endAll) {
          const result = await act(operatorActions.endPersonSessions, { userId, sessionId: end });
          return print(json ? JSON.stringify(result) : `ended        ${plural(result.ended, 'session')}`);
        }
        const sessions = await act(operatorActions.listPersonSessions, { userId });
        if (json) return print(JSON.stringify(sessions));
        if (sessions.length === 0) return print('signed in nowhere');
        const rows = sessions.map(({ id, name, userAgent, address, lastSeenAt, expiresAt }) => [
          id,
          name ?? userAgent ?? '',
          address ?? '',
          lastSeenAt,
          expiresAt,
        ]);
        print(formatTable(['session', 'name', 'address', 'last seen', 'ends'], rows));
      });
    });
}
