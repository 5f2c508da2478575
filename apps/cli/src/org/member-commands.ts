import type { Command } from 'commander';
import { allMembers, findMember } from '../caller/find-in-organization.ts';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { formatTable, printable } from '../output/table.ts';

interface LeavingFlags extends CallerFlags {
  readonly successor?: string;
}

/** Who belongs to the organization, and who does not any more. */
export function addMemberCommands(org: Command, context: CommandContext): void {
  const { terminal } = context;

  addCallerOptions(org.command('members'))
    .description('list the members and their roles')
    .action((flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const members = await allMembers(client);
        if (flags.json) return terminal.print(JSON.stringify(members));
        const rows = members.map(({ userId, email, name, roles }) => [userId, email, name, roles.join(', ')]);
        terminal.print(formatTable(['id', 'email', 'name', 'roles'], rows));
      }),
    );

  addCallerOptions(org.command('remove'))
    .description('remove a member, effective at their next request')
    .argument('<member>', 'address or id')
    .option('--successor <member>', 'who is to own their datasets and to-dos; needed where they have some')
    .action((member: string, { successor, ...flags }: LeavingFlags) =>
      withCaller(context, flags, async (client) => {
        const { userId, email } = await findMember(client, member);
        const successorId = successor === undefined ? undefined : (await findMember(client, successor)).userId;
        await client.members.remove({ userId, successorId });
        terminal.print(flags.json ? JSON.stringify({ userId, email }) : `removed  ${printable(email)}`);
      }),
    );

  addCallerOptions(org.command('leave'))
    .description('leave the organization')
    .option('--successor <member>', 'who is to own one’s datasets and to-dos; needed where one has some')
    .action(({ successor, ...flags }: LeavingFlags) =>
      withCaller(context, flags, async (client) => {
        const successorId = successor === undefined ? undefined : (await findMember(client, successor)).userId;
        const left = await client.members.leave({ successorId });
        terminal.print(flags.json ? JSON.stringify(left) : 'left');
      }),
    );

  addCallerOptions(org.command('transfer'))
    .description('hand the organization over to another member; one stays as an administrator')
    .argument('<member>', 'address or id')
    .action((member: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { userId, email } = await findMember(client, member);
        await client.organization.transferOwnership({ userId });
        terminal.print(flags.json ? JSON.stringify({ userId, email }) : `handed over to ${printable(email)}`);
      }),
    );
}
