import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { UsageFailure } from '../output/failure.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';
import { parsePositive } from './parse-positive.ts';

interface DeleteFlags extends ConnectionFlags {
  readonly version?: number;
  readonly yes?: true;
  readonly json?: true;
}

export function addDeleteCommand(dataset: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(dataset.command('delete'))
    .description('delete a dataset with all its versions, or one version that nothing refers to, for good')
    .argument('<dataset>', 'its id or name')
    .option('--version <number>', 'this version alone', parsePositive)
    .option('--yes', 'do it; without this nothing is deleted')
    .option('--json', 'print one JSON object')
    .action(async (idOrName: string, { version, yes, json, ...flags }: DeleteFlags) => {
      const client = await openClient(environment(), flags);
      const datasetId = await findDataset(client, idOrName);
      const { name } = await client.datasets.get({ datasetId });
      const what = version === undefined ? '' : `version ${version} of `;
      if (!yes)
        throw new UsageFailure(`this deletes ${what}${JSON.stringify(name)} (${datasetId}) for good: say --yes`);
      if (version === undefined) await client.datasets.delete({ datasetId });
      else await client.datasets.deleteVersion({ datasetId, version });
      terminal.print(
        json ? JSON.stringify({ datasetId, version, deleted: true }) : `deleted ${what}${datasetId} (${name})`,
      );
    });
}
