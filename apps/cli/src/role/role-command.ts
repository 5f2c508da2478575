import type { GranaryClient, InputOf } from '@granary/client';
import type { Command } from 'commander';
import { findRole } from '../caller/find-in-organization.ts';
import { addCallerOptions, type CallerFlags, withCaller } from '../caller/with-caller.ts';
import type { CommandContext } from '../context.ts';
import { parsePermissions } from '../input/parse-permissions.ts';
import { CommandFailure } from '../output/failure.ts';
import { formatTable, printable } from '../output/table.ts';
import { addAssignCommands } from './assign-commands.ts';

type Permissions = InputOf<'roles.create'>['permissions'];

/** The roles of the caller's organization, through the API. */
export function addRoleCommand(role: Command, context: CommandContext): void {
  const { terminal } = context;
  addCallerOptions(role.command('list'))
    .description('list the roles and what they permit')
    .action((flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const roles = await client.roles.list();
        if (flags.json) return terminal.print(JSON.stringify(roles));
        const rows = roles.map(({ name, isBuiltin, permissions }) => [
          name,
          isBuiltin ? 'built in' : '',
          permissions.join(', '),
        ]);
        terminal.print(formatTable(['role', '', 'permits'], rows));
      }),
    );

  addCallerOptions(role.command('create'))
    .description('make a role, of permissions that one has oneself')
    .argument('<name>', 'what it is called')
    .requiredOption('--permissions <list>', 'what it permits, with commas', parsePermissions)
    .action((name: string, { permissions, ...flags }: CallerFlags & { permissions: Permissions }) =>
      withCaller(context, flags, async (client) => {
        const { roleId } = await client.roles.create({ name, permissions });
        await show(client, flags, roleId);
      }),
    );

  for (const [verb, description] of [
    ['grant', 'add permissions to a role'],
    ['revoke', 'take permissions from a role'],
  ] as const)
    addCallerOptions(role.command(verb))
      .description(`${description}; holds for everybody who has it, from their next request on`)
      .argument('<role>', 'its name or id')
      .argument('<permissions>', 'with commas', parsePermissions)
      .action((nameOrId: string, named: Permissions, flags: CallerFlags) =>
        withCaller(context, flags, async (client) => {
          const { id: roleId, name, permissions: former } = await findRole(client, nameOrId);
          const has = parsePermissions(former.join(','));
          const permissions =
            verb === 'grant' ? [...new Set([...has, ...named])] : has.filter((each) => !named.includes(each));
          if (permissions.length === 0)
            throw new CommandFailure('a role permits something: delete it, with `granary role delete`');
          await client.roles.update({ roleId, name, permissions });
          await show(client, flags, roleId);
        }),
      );

  addCallerOptions(role.command('delete'))
    .description('delete a role; whoever had it loses what it gave')
    .argument('<role>', 'its name or id')
    .action((nameOrId: string, flags: CallerFlags) =>
      withCaller(context, flags, async (client) => {
        const { id: roleId, name } = await findRole(client, nameOrId);
        await client.roles.delete({ roleId });
        terminal.print(flags.json ? JSON.stringify({ roleId, name }) : `deleted  ${printable(name)}`);
      }),
    );

  addAssignCommands(role, context);

  async function show(client: GranaryClient, { json }: CallerFlags, roleId: string): Promise<void> {
    const found = await findRole(client, roleId);
    terminal.print(json ? JSON.stringify(found) : `${printable(found.name)}  ${found.permissions.join(', ')}`);
  }
}
