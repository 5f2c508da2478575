import type { Command } from 'commander';
import { findRole } from '../caller/find-in-organization.ts';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { formatTable } from '../output/table.ts';

interface InviteFlags extends CallerFlags {
  readonly role: string;
}

interface InvitationsFlags extends CallerFlags {
  readonly revoke?: string;
}

export function addInviteCommands(org: Command, context: CommandContext): void {
  const { terminal } = context;

  addCallerOptions(org.command('invite'))
    .description('mail an invitation, which holds for seven days and once; it replaces an open one')
    .argument('<email>', 'whom')
    .option('--role <name>', 'what they will be', 'viewer')
    .action((email: string, { role, ...flags }: InviteFlags) =>
      withCaller(context, flags, async (client) => {
        const { id: roleId } = await findRole(client, role);
        const made = await client.invitations.create({ email, roleId });
        terminal.print(flags.json ? JSON.stringify(made) : `invited  ${email} (${made.invitationId})`);
      }),
    );

  addCallerOptions(org.command('invitations'))
    .description('list invitations and what became of them, or take one back')
    .option('--revoke <invitation>', 'take this one back')
    .action(({ revoke, ...flags }: InvitationsFlags) =>
      withCaller(context, flags, async (client) => {
        if (revoke !== undefined) await client.invitations.revoke({ invitationId: revoke });
        const [invitations, roles] = await Promise.all([client.invitations.list(), client.roles.list()]);
        if (flags.json) return terminal.print(JSON.stringify(invitations));
        const rows = invitations.map(({ id, email, roleId, expiresAt, answer }) => [
          id,
          email,
          roles.find((role) => role.id === roleId)?.name ?? roleId,
          answer ?? `open until ${expiresAt}`,
        ]);
        terminal.print(rows.length === 0 ? 'nobody was invited' : formatTable(['id', 'email', 'role', 'state'], rows));
      }),
    );
}
