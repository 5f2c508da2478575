import path from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { plural, secondsSince } from '../output/measures.ts';
import { describeProgress, summarizeTypes } from '../samples/describe-progress.ts';
import type { LoadProgress } from '../samples/load-sample.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';

interface LoadFlags extends ConnectionFlags {
  readonly name?: string;
  readonly dataset?: string;
  readonly json?: true;
}

export function addLoadCommand(dataset: Command, { environment, terminal }: CommandContext): void {
  addConnectionOptions(dataset.command('load'))
    .description('send a file (CSV, TSV, JSON, JSON Lines, Parquet; also .gz, .zst) and load it into a private table')
    .argument('<file>')
    .option('--name <name>', 'of the new dataset (default: the file’s, without its ending)')
    .option('--dataset <id>', 'make the file the next version of this dataset')
    .option('--json', 'print one JSON object')
    .action(async (file: string, { name, dataset: datasetId, json, ...flags }: LoadFlags) => {
      const started = performance.now();
      const client = await openClient(environment(), flags);
      const show = (progress: LoadProgress) =>
        terminal.progress(`${path.basename(file)} ${describeProgress(progress)}`);
      const uploaded = await client.datasets.upload(
        { path: file },
        {
          ...(datasetId === undefined ? { name } : { datasetId }),
          onProgress: (sent) => show({ phase: 'sending', ...sent }),
        },
      );
      const version = { datasetId: uploaded.dataset.id, versionId: uploaded.versionId };
      const load = await client.datasets.loaded(version, {
        onProgress: (state) => show({ phase: 'loading', load: state }),
      });
      const { columns } = await client.datasets.columns({ datasetId: version.datasetId });
      const result = {
        ...version,
        name: uploaded.dataset.name,
        rows: load.loadedRows ?? 0,
        quarantined: load.quarantinedRows ?? 0,
        columns: columns.map(({ name: column, type }) => ({ name: column, type })),
        notes: load.notes,
        seconds: secondsSince(started),
      };
      if (json) return terminal.print(JSON.stringify(result));
      terminal.print(`dataset   ${result.datasetId} (${result.name})`);
      terminal.print(
        `rows      ${plural(result.rows, 'row')}, ${result.quarantined} quarantined, in ${result.seconds} s`,
      );
      terminal.print(`columns   ${summarizeTypes(columns)}`);
      for (const note of load.notes) terminal.print(`note      ${note}`);
    });
}
