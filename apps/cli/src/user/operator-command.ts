import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { withOperator } from '../operator/with-operator.ts';
import { UsageFailure } from '../output/failure.ts';
import { type PrintFlags, printUser } from './print-user.ts';

interface OperatorFlags extends PrintFlags {
  readonly on?: true;
  readonly off?: true;
}

export function addOperatorCommand(user: Command, context: CommandContext): void {
  user
    .command('operator')
    .description('let somebody manage people through the API, or not any more; effective at their next request')
    .argument('<user>', 'address, user name or id')
    .option('--on', 'from now on')
    .option('--off', 'not any more')
    .option('--json', 'print one JSON object')
    .action(async (login: string, { on, off, ...flags }: OperatorFlags) => {
      if (Boolean(on) === Boolean(off)) throw new UsageFailure('say --on or --off');
      await withOperator(context, async (act) => {
        const { id: userId } = await act(operatorActions.findPerson, { login });
        const user = await act(operatorActions.setOperator, { userId, isOperator: Boolean(on) });
        printUser(context.terminal, flags, on ? 'operator' : 'no operator', user);
      });
    });
}
