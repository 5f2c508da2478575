import type { GranaryClient, InputOf, OutputOf } from '@granary/client';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { formatTable } from '../output/table.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';
import { parsePositive } from './parse-positive.ts';

type QuarantinedRow = OutputOf<'datasets.quarantine'>['items'][number];

interface QuarantineFlags extends ConnectionFlags {
  readonly version?: number;
  readonly limit?: number;
  readonly json?: true;
}

const pageSize = 1000;

export function addQuarantineCommand(dataset: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(dataset.command('quarantine'))
    .description('print the rows of a file that did not fit, with line and reason')
    .argument('<dataset>', 'its id or name')
    .option('--version <number>', 'of this version (default: the current one)', parsePositive)
    .option('--limit <number>', 'how many at most (default: all)', parsePositive)
    .option('--json', 'print one JSON object a line')
    .action(async (idOrName: string, { version, limit, json, ...flags }: QuarantineFlags) => {
      const client = await openClient(environment(), flags);
      const datasetId = await findDataset(client, idOrName);
      let count = 0;
      for await (const page of pages(client, { datasetId, version }, limit)) {
        count += page.length;
        if (json) for (const row of page) terminal.print(JSON.stringify(row));
        else if (page.length > 0) {
          const rows = page.map(({ line, reason, column, raw }) => [String(line), reason, column ?? '', raw]);
          terminal.print(formatTable(['line', 'reason', 'column', 'raw text'], rows));
        }
      }
      if (count === 0 && !json) terminal.print('nothing is in quarantine');
    });
}

async function* pages(
  client: GranaryClient,
  of: Pick<InputOf<'datasets.quarantine'>, 'datasetId' | 'version'>,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<QuarantinedRow[]> {
  let cursor: number | undefined;
  for (let left = limit; left > 0; ) {
    const page = await client.datasets.quarantine({ ...of, limit: Math.min(left, pageSize), cursor });
    yield page.items;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
    left -= page.items.length;
  }
}
