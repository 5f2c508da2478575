import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { formatBytes, plural } from '../output/measures.ts';
import { formatTable } from '../output/table.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';

interface ShowFlags extends ConnectionFlags {
  readonly json?: true;
}

export function addShowCommand(dataset: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(dataset.command('show'))
    .description('show a dataset: its versions, its columns and why they have their types')
    .argument('<dataset>', 'its id or name')
    .option('--json', 'print one JSON object')
    .action(async (idOrName: string, { json, ...flags }: ShowFlags) => {
      const client = await openClient(environment(), flags);
      const datasetId = await findDataset(client, idOrName);
      const [found, { items: versions }] = await Promise.all([
        client.datasets.get({ datasetId }),
        client.datasets.versions({ datasetId, limit: 20 }),
      ]);
      const columns = found.version === null ? [] : (await client.datasets.columns({ datasetId })).columns;
      if (json) return terminal.print(JSON.stringify({ ...found, versions, columns }));
      terminal.print(`dataset      ${found.id} (${found.name})`);
      if (found.description !== '') terminal.print(`description  ${found.description}`);
      if (found.origin !== '') terminal.print(`origin       ${found.origin}`);
      terminal.print(
        `rows         ${found.rows === null ? 'none: nothing was loaded yet' : plural(found.rows, 'row')}\n`,
      );
      const current = (number: number) => (number === found.version ? 'current' : '');
      terminal.print(
        formatTable(
          ['version', 'state', 'rows', 'in quarantine', 'file', 'size', ''],
          versions.map((each) => [
            String(each.number),
            each.state,
            each.rows ?? '',
            each.quarantinedRows ?? '',
            each.originalName,
            formatBytes(each.originalBytes),
            current(each.number),
          ]),
        ),
      );
      if (columns.length === 0) return;
      terminal.print('');
      terminal.print(
        formatTable(
          ['column', 'type', 'in the file', 'why'],
          columns.map(({ name, type, originalName, evidence }) => [
            name,
            type,
            originalName,
            String(evidence.reason ?? ''),
          ]),
        ),
      );
    });
}
