import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';
import { parsePositive } from './parse-positive.ts';

interface RetainFlags extends ConnectionFlags {
  readonly versions?: number;
  readonly days?: number;
  readonly all?: true;
  readonly json?: true;
}

export function addRetainCommand(dataset: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(dataset.command('retain'))
    .description('show or say how long a dataset keeps its versions; what something refers to is kept whatever is said')
    .argument('<dataset>', 'its id or name')
    .option('--versions <number>', 'keep a version while it is among so many newest ones', parsePositive)
    .option('--days <number>', 'keep a version while it is younger than so many days', parsePositive)
    .option('--all', 'keep every version')
    .option('--json', 'print one JSON object')
    .action(async (idOrName: string, { versions, days, all, json, ...flags }: RetainFlags) => {
      const client = await openClient(environment(), flags);
      const datasetId = await findDataset(client, idOrName);
      if (all || versions !== undefined || days !== undefined) {
        const said = all ? {} : { keepVersions: versions ?? null, keepDays: days ?? null };
        await client.datasets.retain({ datasetId, ...said });
      }
      const retention = await client.datasets.retention({ datasetId });
      if (json) return terminal.print(JSON.stringify(retention));
      const { keepVersions, keepDays, due } = retention;
      const reasons = [
        ...(keepVersions === null ? [] : [`among the newest ${keepVersions}`]),
        ...(keepDays === null ? [] : [`younger than ${keepDays} days`]),
      ];
      terminal.print(
        reasons.length === 0 ? 'every version is kept' : `a version is kept while it is ${reasons.join(' or ')}`,
      );
      if (due.length > 0) terminal.print(`to be removed: version ${due.join(', ')}`);
    });
}
