import type { GranaryClient, InputOf } from '@granary/client';
import { type Command, Option } from 'commander';
import { allMembers, findMember, findRole } from '../caller/find-in-organization.ts';
import type { CommandContext } from '../context.ts';
import { UsageFailure } from '../output/failure.ts';
import { formatTable } from '../output/table.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';

interface ShareFlags extends ConnectionFlags {
  readonly member?: string;
  readonly role?: string;
  readonly everyone?: true;
  readonly access: NonNullable<InputOf<'datasets.share'>['access']>;
  readonly remove?: string;
  readonly json?: true;
}

export function addShareCommand(dataset: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(dataset.command('share'))
    .description(
      'share a dataset with a member, a role or everybody in the organization; without any of them, list its shares',
    )
    .argument('<dataset>', 'its id or name')
    .option('--member <email>', 'share it with this member')
    .option('--role <name>', 'share it with everybody who has this role')
    .option('--everyone', 'let everybody in the organization read it')
    .addOption(new Option('--access <access>', 'what they may do').choices(['read', 'write', 'admin']).default('read'))
    .option('--remove <share>', 'take a share back, by its id')
    .option('--json', 'print the shares as a JSON array')
    .action(async (idOrName: string, flags: ShareFlags) => {
      const given = [flags.member, flags.role, flags.everyone, flags.remove].filter((each) => each !== undefined);
      if (given.length > 1) throw new UsageFailure('one of --member, --role, --everyone and --remove at a time');
      const client = await openClient(environment(), flags);
      const datasetId = await findDataset(client, idOrName);
      if (flags.remove !== undefined) await client.datasets.unshare({ datasetId, shareId: flags.remove });
      else if (given.length === 1)
        await client.datasets.share({ datasetId, access: flags.access, ...(await withWhom(client, flags)) });
      const shares = await client.datasets.shares({ datasetId });
      if (flags.json) return terminal.print(JSON.stringify(shares));
      const [members, roles] = await Promise.all([allMembers(client), client.roles.list()]);
      const who = (userId: string | null, roleId: string | null): string =>
        userId !== null
          ? (members.find((member) => member.userId === userId)?.email ?? userId)
          : roleId !== null
            ? `role ${roles.find((role) => role.id === roleId)?.name ?? roleId}`
            : 'everybody';
      terminal.print(
        shares.length === 0
          ? 'not shared with anybody'
          : formatTable(
              ['share', 'with', 'access'],
              shares.map(({ id, userId, roleId, access }) => [id, who(userId, roleId), access]),
            ),
      );
    });
}

async function withWhom(client: GranaryClient, { member, role }: ShareFlags) {
  if (member !== undefined) return { userId: (await findMember(client, member)).userId };
  if (role !== undefined) return { roleId: (await findRole(client, role)).id };
  return {};
}
