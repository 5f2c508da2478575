import type { Command } from 'commander';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { printable } from '../output/table.ts';
import { addAppointCommand } from './appoint-command.ts';
import { addCreateCommand } from './create-command.ts';
import { addInviteCommands } from './invite-commands.ts';
import { addListCommand } from './list-command.ts';
import { addMemberCommands } from './member-commands.ts';

/** Organizations: one's own through the API; what only an operator may, on the database. */
export function addOrgCommand(org: Command, context: CommandContext): void {
  const { terminal } = context;
  addListCommand(org, context);
  addCreateCommand(org, context);

  addCallerOptions(org.command('show'))
    .description('show the organization that the key is of, or that the person works in')
    .action((flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const found = await client.organization.get();
        if (flags.json) return terminal.print(JSON.stringify(found));
        terminal.print(
          `organization  ${printable(found.name)}\nid            ${found.id}\nsince         ${found.createdAt}`,
        );
      }),
    );

  addCallerOptions(org.command('rename'))
    .description('rename the organization')
    .argument('<name>', 'what it is called from now on')
    .action((name: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const renamed = await client.organization.rename({ name });
        terminal.print(flags.json ? JSON.stringify(renamed) : `renamed  ${printable(renamed.name)} (${renamed.id})`);
      }),
    );

  addMemberCommands(org, context);
  addInviteCommands(org, context);
  addAppointCommand(org, context);
}
