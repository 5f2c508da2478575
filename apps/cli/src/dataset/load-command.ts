import path from 'node:path';
import { isGranaryError } from '@granary/client';
import {
  type DeliveryMode,
  deliveryMode,
  type NewColumns,
  newColumns as newColumnsChoice,
} from '@granary/domain/vocabulary';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { CommandFailure, UsageFailure } from '../output/failure.ts';
import { formatBytes, plural, secondsSince } from '../output/measures.ts';
import { describeProgress, summarizeTypes } from '../samples/describe-progress.ts';
import type { LoadProgress } from '../samples/load-sample.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';
import { withPipedFile } from './piped-file.ts';
import { addReadingOptions, type ReadingFlags, toReadingOptions } from './reading-flags.ts';

interface LoadFlags extends ConnectionFlags, ReadingFlags {
  readonly name?: string;
  readonly dataset?: string;
  readonly identifiers?: readonly string[];
  readonly mode?: DeliveryMode;
  readonly keyColumns?: readonly string[];
  readonly newColumns?: NewColumns;
  readonly json?: true;
}

export function addLoadCommand(dataset: Command, context: CommandContext): void {
  addReadingOptions(addConnectionOptions(dataset.command('load')))
    .description(
      'send a file (CSV, TSV, JSON, JSON Lines, Parquet, Excel; also .gz, .zst, .zip) and load it into a private table',
    )
    .argument('<file>', 'its path, or - for what comes through a pipe')
    .option('--name <name>', 'of the new dataset (default: the file’s, without its ending)')
    .option('--dataset <dataset>', 'an id or name: make the file the next version of this dataset, or see --mode')
    .addOption(
      new Option(
        '--mode <mode>',
        'with --dataset: its rows become the dataset’s (replace, default), are added to them, or change those with the same key',
      ).choices(deliveryMode.options),
    )
    .option('--key-columns <name,…>', 'for upsert: the columns whose values tell rows apart', namesIn)
    .addOption(
      new Option(
        '--new-columns <what>',
        'for append and upsert, of columns that the dataset does not have: refuse the file (default), put its rows in quarantine, or add them',
      ).choices(newColumnsChoice.options),
    )
    .option(
      '--identifiers <name,…>',
      'columns of the new dataset that identify people: the file is kept encrypted, pseudonyms are loaded',
      namesIn,
    )
    .option('--json', 'print one JSON object')
    .action((file: string, flags: LoadFlags) => {
      if (file !== '-') return load(context, { path: file, title: path.basename(file) }, flags);
      const { input, terminal } = context;
      return withPipedFile(
        input,
        (bytes) => terminal.progress(`reading ${formatBytes(bytes)}`),
        (piped) => load(context, { path: piped.path, title: flags.name ?? 'piped' }, flags),
      );
    });
}

async function load(
  { environment, terminal }: CommandContext,
  file: { path: string; title: string },
  { name, dataset: target, identifiers, mode, keyColumns, newColumns, json, ...flags }: LoadFlags,
): Promise<void> {
  if (target !== undefined && identifiers !== undefined)
    throw new UsageFailure('--identifiers is for a new dataset; this one has its own');
  if (target === undefined && (mode ?? keyColumns ?? newColumns) !== undefined)
    throw new UsageFailure('--mode is for a dataset that is there: say which with --dataset');
  if ((mode === 'upsert') !== (keyColumns !== undefined))
    throw new UsageFailure('--mode upsert needs --key-columns, and nothing else has them');
  const options = toReadingOptions(flags);
  const started = performance.now();
  const client = await openClient(environment(), flags);
  const datasetId = target === undefined ? undefined : await findDataset(client, target);
  const show = (progress: LoadProgress) => terminal.progress(`${file.title} ${describeProgress(progress)}`);
  const uploaded = await client.datasets.upload(
    { path: file.path },
    {
      ...(datasetId === undefined ? { name, identifiers } : { datasetId, mode, keyColumns, newColumns }),
      fileName: file.title,
      options,
      onProgress: (sent) => show({ phase: 'sending', ...sent }),
    },
  );
  const version = { datasetId: uploaded.dataset.id, versionId: uploaded.versionId };
  const loaded = await client.datasets
    .loaded(version, { onProgress: (state) => show({ phase: 'loading', load: state }) })
    .catch((error: unknown) => {
      throw datasetId === undefined ? withEmptyDataset(error, uploaded.dataset) : error;
    });
  const { columns } = await client.datasets.columns({ datasetId: version.datasetId });
  const result = {
    ...version,
    name: uploaded.dataset.name,
    rows: loaded.loadedRows ?? 0,
    quarantined: loaded.quarantinedRows ?? 0,
    columns: columns.map(({ name: column, type }) => ({ name: column, type })),
    notes: loaded.notes,
    seconds: secondsSince(started),
  };
  if (json) return terminal.print(JSON.stringify(result));
  terminal.print(`dataset   ${result.datasetId} (${result.name})`);
  terminal.print(`rows      ${plural(result.rows, 'row')}, ${result.quarantined} quarantined, in ${result.seconds} s`);
  terminal.print(`columns   ${summarizeTypes(columns)}`);
  for (const note of loaded.notes) terminal.print(`note      ${note}`);
}

/** A first load that fails leaves the dataset, whose name is then taken: what to do about it. */
const withEmptyDataset = (error: unknown, { id, name }: { id: string; name: string }): unknown =>
  isGranaryError(error, 'invalid')
    ? new CommandFailure(
        `${error.message}\nThe dataset "${name}" is there without rows: try again with --dataset ${id}, or delete it.`,
      )
    : error;

function namesIn(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('must look like name,name');
  return names;
}
