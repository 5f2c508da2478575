import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { formatTable } from '../output/table.ts';
import { addCreateCommand } from './create-command.ts';
import { addDeleteCommand } from './delete-command.ts';
import { addDiffCommand } from './diff-command.ts';
import { addExportCommand } from './export-command.ts';
import { findDataset } from './find-dataset.ts';
import { addLoadCommand } from './load-command.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';
import { addQuarantineCommand } from './quarantine-command.ts';
import { addRetainCommand } from './retain-command.ts';
import { addShareCommand } from './share-command.ts';
import { addShowCommand } from './show-command.ts';

interface Paging extends ConnectionFlags {
  readonly limit: number;
  readonly json?: true;
}

/** What one does with a key, through the API. */
export function addDatasetCommand(dataset: Command, context: CommandContext): void {
  addLoadCommand(dataset, context);
  addCreateCommand(dataset, context);
  addShowCommand(dataset, context);
  addExportCommand(dataset, context);
  addDiffCommand(dataset, context);
  addQuarantineCommand(dataset, context);
  addShareCommand(dataset, context);
  addRetainCommand(dataset, context);
  addDeleteCommand(dataset, context);

  addConnectionOptions(dataset.command('list'))
    .description('list the datasets that the key’s owner may read, newest first')
    .option('--limit <number>', 'how many at most', parseLimit, 50)
    .option('--json', 'print a JSON array')
    .action(async ({ limit, json, ...flags }: Paging) => {
      const client = await openClient(context.environment(), flags);
      const { items } = await client.datasets.list({ limit });
      if (json) return context.terminal.print(JSON.stringify(items));
      const rows = items.map(({ id, name, version, rows: count }) => [id, name, version ?? 'none', count ?? 'none']);
      context.terminal.print(formatTable(['id', 'name', 'version', 'rows'], rows));
    });

  addConnectionOptions(dataset.command('rows'))
    .description('print rows of a dataset')
    .argument('<dataset>', 'its id or name')
    .option('--limit <number>', 'how many at most', parseLimit, 20)
    .option('--json', 'print one JSON object a line')
    .action(async (idOrName: string, { limit, json, ...flags }: Paging) => {
      const client = await openClient(context.environment(), flags);
      const datasetId = await findDataset(client, idOrName);
      const { columns, rows } = await client.datasets.rows({ datasetId, limit });
      const names = columns.map(({ name }) => name);
      if (!json)
        return context.terminal.print(
          formatTable(
            names,
            rows.map((row) => row.map(formatCell)),
          ),
        );
      for (const row of rows)
        context.terminal.print(
          JSON.stringify(Object.fromEntries(row.map((cell, index) => [names[index] ?? '', cell]))),
        );
    });
}

/** As text, so that no identifier gets a separator between its thousands. */
function formatCell(cell: unknown): string {
  if (cell === null) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
