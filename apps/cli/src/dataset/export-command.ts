import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { formatBytes } from '../output/measures.ts';
import { findDataset } from './find-dataset.ts';
import { addConnectionOptions, type ConnectionFlags, openClient } from './open-client.ts';
import { parsePositive } from './parse-positive.ts';

interface ExportFlags extends ConnectionFlags {
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
    .description('write all rows of a dataset as CSV')
    .argument('<dataset>', 'its id or name')
    .option('-o, --output <file>', 'where to (default: standard output)')
    .option('--version <number>', 'of this version (default: the current one)', parsePositive)
    .option('--columns <names>', 'only these, with commas', (text) => text.split(','))
    .option('--escape-formulas', 'put an apostrophe before text that a spreadsheet would run')
    .action(async (idOrName: string, { output, version, columns, escapeFormulas, ...flags }: ExportFlags) => {
      const client = await openClient(environment(), flags);
      const datasetId = await findDataset(client, idOrName);
      const stream = await client.datasets.exportCsv({ datasetId, version, columns, escapeFormulas });
      let bytes = 0;
      const counted = new Transform({
        transform(piece: Buffer, _encoding, done) {
          bytes += piece.length;
          if (output !== undefined) terminal.progress(`${output} ${formatBytes(bytes)}`);
          done(null, piece);
        },
      });
      await (output === undefined
        ? pipeline(stream, counted, standardOutput, { end: false })
        : writeWhole(stream, counted, output));
      if (output !== undefined) terminal.note(`${output}: ${formatBytes(bytes)}`);
    });
}

/** The file is there whole or not at all: what breaks off leaves nothing that looks like an export. */
async function writeWhole(stream: ReadableStream<Uint8Array>, counted: Transform, file: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await pipeline(stream, counted, createWriteStream(partial));
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}
