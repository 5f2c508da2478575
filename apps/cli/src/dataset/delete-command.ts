import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { UsageFailure } from '../output/failure.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';

interface DeleteFlags extends ConnectionFlags {
  readonly yes?: true;
  readonly json?: true;
}

export function addDeleteCommand(dataset: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(dataset.command('delete'))
    .description('delete a dataset with all its versions, for good')
    .argument('<dataset>', 'its id or name')
    .option('--yes', 'do it; without this nothing is deleted')
    .option('--json', 'print one JSON object')
    .action(async (idOrName: string, { yes, json, ...flags }: DeleteFlags) => {
      const client = await openClient(environment(), flags);
      const datasetId = await findDataset(client, idOrName);
      const { name } = await client.datasets.get({ datasetId });
      if (!yes) throw new UsageFailure(`this deletes ${JSON.stringify(name)} (${datasetId}) for good: say --yes`);
      await client.datasets.delete({ datasetId });
      terminal.print(json ? JSON.stringify({ datasetId, deleted: true }) : `deleted ${datasetId} (${name})`);
    });
}
