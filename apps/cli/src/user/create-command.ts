import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { readNewPassword } from '../input/read-secret.ts';
import { withOperator } from '../operator/with-operator.ts';
import { type PrintFlags, printUser } from './print-user.ts';

interface CreateFlags extends PrintFlags {
  readonly username?: string;
  readonly name?: string;
  readonly password?: true;
  readonly passwordStdin?: true;
}

export function addCreateCommand(user: Command, context: CommandContext): void {
  user
    .command('create')
    .description('make an account; its owner is mailed a link to set a password, unless one is given')
    .argument('<email>', 'its address')
    .option('--username <name>', 'to sign in with beside the address')
    .option('--name <name>', 'what the person is called')
    .option('--password', 'ask for a password instead of mailing a link')
    .option('--password-stdin', 'the same, from standard input')
    .option('--json', 'print one JSON object')
    .action(async (email: string, { username, name, password, passwordStdin, json }: CreateFlags) => {
      const wanted = { email, username, name };
      const secret = password || passwordStdin ? await readNewPassword(context, passwordStdin) : undefined;
      await withOperator(context, async (act) => {
        const made =
          secret === undefined
            ? await act(operatorActions.createUser, wanted)
            : await act(operatorActions.createPerson, { ...wanted, password: secret });
        printUser(context.terminal, { ...(json && { json }) }, 'created', made);
        if (secret === undefined) context.terminal.note(`A link to set a password is mailed to ${email}.`);
      });
    });
}
