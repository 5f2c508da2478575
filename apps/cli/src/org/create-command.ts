import { operatorActions } from '@granary/domain';
import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withPerson } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { withOperator } from '../operator/with-operator.ts';
import { UsageFailure } from '../output/failure.ts';

interface CreateFlags extends CallerFlags {
  readonly owner?: string;
}

export function addCreateCommand(org: Command, context: CommandContext): void {
  const print = (json: true | undefined, made: { readonly organizationId: string }) =>
    context.terminal.print(json ? JSON.stringify(made) : `created  ${made.organizationId}`);

  addCallerOptions(org.command('create'))
    .description('make an organization: one’s own (--login), or for an operator somebody’s (--owner)')
    .argument('<name>', 'what it is called')
    .option('--owner <user>', 'whom it belongs to (address, user name or id); on the database of DATABASE_URL')
    .action(async (name: string, { owner, ...flags }: CreateFlags) => {
      if (owner !== undefined && flags.login !== undefined) throw new UsageFailure('--owner or --login, not both');
      if (owner === undefined)
        return withPerson(context, flags, async (client) =>
          print(flags.json, await client.organizations.create({ name })),
        );
      await withOperator(context, async (act) => {
        const { id: ownerId } = await act(operatorActions.findPerson, { login: owner });
        print(flags.json, await act(operatorActions.createOrganizationFor, { name, ownerId }));
      });
    });
}
