import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { readNewPassword } from '../input/read-secret.ts';
import { withOperator } from '../operator/with-operator.ts';
import { type PrintFlags, printUser } from './print-user.ts';

interface ResetFlags extends PrintFlags {
  readonly passwordStdin?: true;
}

export function addResetPasswordCommand(user: Command, context: CommandContext): void {
  user
    .command('reset-password')
    .description('set a password for somebody, and activate them again; their sessions end, and a mail tells them')
    .argument('<user>', 'address, user name or id')
    .option('--password-stdin', 'read it from standard input instead of asking for it')
    .option('--json', 'print one JSON object')
    .action(async (login: string, { passwordStdin, ...flags }: ResetFlags) =>
      withOperator(context, async (act) => {
        const { id: userId } = await act(operatorActions.findPerson, { login }); // before anybody types
        const password = await readNewPassword(context, passwordStdin);
        const user = await act(operatorActions.setPersonPassword, { userId, password });
        printUser(context.terminal, flags, 'password set', user);
      }),
    );
}
