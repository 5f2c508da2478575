import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { type Act, withOperator } from '../operator/with-operator.ts';
import { CommandFailure } from '../output/failure.ts';
import { printable } from '../output/table.ts';

interface AppointFlags {
  readonly json?: true;
}

export function addAppointCommand(org: Command, context: CommandContext): void {
  org
    .command('appoint')
    .description(
      'make somebody one more owner, where an organization’s own cannot act; by an operator, on the database',
    )
    .argument('<organization>', 'its id or name')
    .argument('<user>', 'address, user name or id')
    .option('--json', 'print one JSON object')
    .action((idOrName: string, login: string, { json }: AppointFlags) =>
      withOperator(context, async (act) => {
        const organization = await findOrganization(act, idOrName);
        const { id: userId, email } = await act(operatorActions.findPerson, { login });
        const appointed = await act(operatorActions.appointOwner, { organizationId: organization.id, userId });
        context.terminal.print(
          json
            ? JSON.stringify(appointed)
            : `${printable(email)} is an owner of ${printable(organization.name)} (${organization.id})`,
        );
      }),
    );
}

async function findOrganization(act: Act, idOrName: string) {
  const likely = await act(operatorActions.listAllOrganizations, { search: idOrName });
  const found = likely.filter(({ id, name }) => id === idOrName || name === idOrName);
  const [organization, ...others] = found;
  if (!organization) throw new CommandFailure(`there is no organization ${JSON.stringify(idOrName)}`);
  if (others.length > 0)
    throw new CommandFailure(
      `several organizations have that name; give an id: ${found.map(({ id }) => id).join(', ')}`,
    );
  return organization;
}
