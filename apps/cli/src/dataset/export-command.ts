import type { GranaryClient, InputOf } from '@granary/client';
import { type ExportFormat, exportFormat } from '@granary/domain/vocabulary';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { CommandFailure } from '../output/failure.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';
import { parsePositive } from './parse-positive.ts';
import { writeStream } from './write-stream.ts';

interface ExportFlags extends ConnectionFlags {
  readonly format: ExportFormat;
  readonly output?: string;
  readonly version?: number;
  readonly columns?: string[];
  readonly escapeFormulas?: true;
}

export function addExportCommand(
  dataset: Command,
  { environment, terminal, output: standardOutput }: CommandContext,
): void {
  addConnectionOptions(dataset.command('export'))
    .description('write all rows of a dataset as CSV, JSON Lines, Parquet or Arrow')
    .argument('<dataset>', 'its id or name')
    .addOption(new Option('--format <format>', 'of the file').choices(exportFormat.options).default('csv'))
    .option('-o, --output <file>', 'where to (default, and -: standard output)')
    .option('--version <number>', 'of this version (default: the current one)', parsePositive)
    .option('--columns <names>', 'only these, with commas', (text) => text.split(','))
    .option('--escape-formulas', 'put an apostrophe before text that a spreadsheet would run')
    .action(async (idOrName: string, { format, output, version, columns, escapeFormulas, ...flags }: ExportFlags) => {
      if (escapeFormulas && format !== 'csv') throw new CommandFailure('--escape-formulas is of csv only');
      const client = await openClient(environment(), flags);
      const datasetId = await findDataset(client, idOrName);
      const rows = { datasetId, version, columns };
      const stream =
        format === 'csv'
          ? await client.datasets.exportCsv({ ...rows, escapeFormulas })
          : format === 'jsonl'
            ? await client.datasets.exportJsonLines(rows)
            : await exportFile(client, { ...rows, format }, () => terminal.progress(`writing ${format}`));
      await writeStream(stream, output, { standardOutput, terminal });
    });
}

/** Parquet and Arrow are made as files by the worker, and then downloaded. */
async function exportFile(
  client: GranaryClient,
  request: InputOf<'datasets.startExport'>,
  onStart: () => void,
): Promise<ReadableStream<Uint8Array>> {
  const { datasetId } = request;
  const { id: exportId } = await client.datasets.startExport(request);
  onStart();
  await client.datasets.exported({ datasetId, exportId });
  return client.datasets.downloadExport({ datasetId, exportId });
}
