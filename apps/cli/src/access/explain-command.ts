import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { findDataset } from '../dataset/find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from '../dataset/open-client.ts';
import { formatTable } from '../output/table.ts';
import { parsePermission } from './parse-permission.ts';

interface ExplainFlags extends ConnectionFlags {
  readonly dataset?: string;
  readonly user?: string;
  readonly apiKey?: string;
  readonly organization?: string;
  readonly address?: string;
  readonly json?: true;
}

export function addExplainCommand(access: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(access.command('explain'))
    .description('say whether somebody may do something, and which role, share, scope or lack decides')
    .argument('<permission>', 'such as dataset:read', parsePermission)
    .option('--dataset <dataset>', 'whether it holds for this dataset (id or name) as well')
    .option('--user <id>', 'a member (default: the key that asks)')
    .option('--api-key <id>', 'a key of the organization')
    .option('--organization <id>', 'another organization than the key’s')
    .option('--address <address>', 'where the key is used, if it is bound to networks')
    .option('--json', 'print one JSON object')
    .action(async (permission: ReturnType<typeof parsePermission>, flags: ExplainFlags) => {
      const { json, dataset, user, apiKey, organization, address } = flags;
      const client = await openClient(environment(), flags);
      const explained = await client.access.explain({
        permission,
        ...(dataset !== undefined && { datasetId: await findDataset(client, dataset) }),
        ...(user !== undefined && { userId: user }),
        ...(apiKey !== undefined && { keyId: apiKey }),
        ...(organization !== undefined && { organizationId: organization }),
        ...(address !== undefined && { address }),
      });
      if (json) return terminal.print(JSON.stringify(explained));
      terminal.print(explained.sentence);
      if (explained.roles.length === 0) return;
      const rows = explained.roles.map(({ name, grants }) => [name, grants ? 'yes' : 'no']);
      terminal.print(formatTable(['role', permission], rows));
    });
}
