import { DomainError, operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import { z } from 'zod';
import type { CommandContext } from '../context.ts';
import { type Act, withOperator } from '../operator/with-operator.ts';
import { CommandFailure } from '../output/failure.ts';
import { printable } from '../output/table.ts';
import { type PrintFlags, printUser } from './print-user.ts';

interface ActivateFlags extends PrintFlags {
  readonly registration?: string;
}

export function addActivateCommands(user: Command, context: CommandContext): void {
  user
    .command('activate')
    .description('let somebody in: one who was deactivated, or who registered and has not followed the mailed link')
    .argument('<user>', 'address, user name or id')
    .option('--registration <id>', 'which one, where several wait for the address')
    .option('--json', 'print one JSON object')
    .action(async (login: string, flags: ActivateFlags) =>
      withOperator(context, async (act) => {
        printUser(context.terminal, flags, 'activated', await activate(act, login, flags.registration));
      }),
    );

  user
    .command('deactivate')
    .description('keep somebody out, from their next request on; refused for the only owner of an organization')
    .argument('<user>', 'address, user name or id')
    .option('--json', 'print one JSON object')
    .action(async (login: string, flags: PrintFlags) =>
      withOperator(context, async (act) => {
        const { id: userId } = await act(operatorActions.findPerson, { login });
        const user = await act(operatorActions.setUserActive, { userId, active: false });
        printUser(context.terminal, flags, 'deactivated', user);
      }),
    );
}

async function activate(act: Act, login: string, registrationId: string | undefined) {
  const known = await act(operatorActions.findPerson, { login }).catch((error: unknown) => {
    if (error instanceof DomainError && error.kind === 'not_found' && login.includes('@')) return undefined;
    throw error;
  });
  if (known) return act(operatorActions.setUserActive, { userId: known.id, active: true });
  return act(operatorActions.openRegistration, { email: login, registrationId }).catch((error: unknown) => {
    throw withChoice(error);
  });
}

const choice = z.object({
  registrations: z.array(z.object({ id: z.string(), name: z.string(), createdAt: z.string() })),
});

/** Of several registrations the operator has to see which there are. */
function withChoice(error: unknown): unknown {
  const { data } = choice.safeParse(error instanceof DomainError ? error.details : undefined);
  if (!data || !(error instanceof Error)) return error;
  const list = data.registrations.map(
    ({ id, name, createdAt }) => `  --registration ${id}  of ${createdAt}  ${printable(name)}`,
  );
  return new CommandFailure(`${error.message}\n${list.join('\n')}`);
}
