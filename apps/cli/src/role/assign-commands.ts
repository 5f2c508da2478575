import type { Command } from 'commander';
import { findMember } from '../caller/find-in-organization.ts';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../output/failure.ts';
import { printable } from '../output/table.ts';

/** Roles for a member, and away from one. */
export function addAssignCommands(role: Command, context: CommandContext): void {
  for (const [verb, description] of [
    ['assign', 'give a member roles, beside those that they have'],
    ['unassign', 'take roles from a member; to take all, remove the member'],
  ] as const)
    addCallerOptions(role.command(verb))
      .description(`${description}. Nobody gives or takes what they lack`)
      .argument('<member>', 'address or id')
      .argument('<roles...>', 'their names')
      .action((member: string, names: string[], flags: CallerFlags) =>
        withCaller(context, flags, async (client) => {
          const { userId, email, roles: has } = await findMember(client, member);
          const roles = await client.roles.list();
          const missing = names.filter((name) => !roles.some((each) => each.name === name));
          if (missing.length > 0) throw new CommandFailure(`the organization has no role ${missing.join(', ')}`);
          const wanted = roles.filter(({ name }) =>
            verb === 'assign'
              ? has.includes(name) || names.includes(name)
              : has.includes(name) && !names.includes(name),
          );
          if (wanted.length === 0)
            throw new CommandFailure(`${email} would have no role left: remove them, with \`granary org remove\``);
          await client.members.setRoles({ userId, roleIds: wanted.map(({ id }) => id) });
          const now = { userId, email, roles: wanted.map(({ name }) => name) };
          context.terminal.print(flags.json ? JSON.stringify(now) : printable(`${email}  ${now.roles.join(', ')}`));
        }),
      );
}
