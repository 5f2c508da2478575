import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CatalogueMemory, exportRows } from '@granary/domain';
import { act, loadByWorker, putOriginal, startWorkerProcess } from './loading.ts';
import { median, paired, seconds } from './measure.ts';
import { watchMemory } from './processes.ts';
import { makeSampleDataset } from './sample-dataset.ts';
import { withScratch } from './scratch.ts';

const columns = 20_000;
const rows = 1_000;
const pageColumns = 50;
const rounds = 5;

/**
 * 20,000 columns × 1,000 rows through the worker, in seconds; then a page of 50 of its columns against the same action on a
 * dataset that has only those 50: columns that stand side by side, and columns from all over the table.
 */
export const wide = () =>
  withScratch(async (scratch) => {
    const { identity } = await makeSampleDataset(scratch.owner, 1);
    const step = columns / pageColumns;
    const chosen = {
      neighbours: Array.from({ length: pageColumns }, (_, index) => 7_000 + index),
      scattered: Array.from({ length: pageColumns }, (_, index) => index * step + 11),
    };
    const worker = await startWorkerProcess(scratch);
    try {
      const load = async (name: string, of: readonly number[], times: number) => {
        const file = path.join(scratch.folder, name);
        await writeWideFile(file, of);
        const uploads = await putOriginal(scratch, identity, file, times);
        const took: number[] = [];
        let datasetId = '';
        for (const uploadId of uploads) {
          took.push(
            await seconds(async () => {
              ({ datasetId } = await loadByWorker(scratch, identity, uploadId, rows));
            }),
          );
        }
        return { datasetId, took, bytes: (await stat(file)).size };
      };
      const narrow = {
        neighbours: await load('neighbours.csv', chosen.neighbours, 1),
        scattered: await load('scattered.csv', chosen.scattered, 1),
      };
      const memory = watchMemory(worker.pid ?? 0);
      const all = await load(
        'wide.csv',
        Array.from({ length: columns }, (_, index) => index),
        3,
      );
      const peak = memory.stop();
      await scratch.owner.query('vacuum analyze');

      const dependencies = { database: scratch.api, catalogue: new CatalogueMemory() };
      const page = (datasetId: string, of: readonly number[], limit = 50) => {
        const input = { datasetId, columns: of.map((index) => `c${index}`), limit };
        return act(scratch.api, identity, 'datasets.rows', input, dependencies.catalogue);
      };
      const times = async (work: () => Promise<unknown>) => {
        const taken = await seconds(async () => {
          for (let turn = 0; turn < 20; turn += 1) await work();
        });
        return taken / 20;
      };
      const measured = { neighbours: [] as number[], scattered: [] as number[] };
      const baseline = { neighbours: [] as number[], scattered: [] as number[] };
      for (let round = 0; round <= rounds; round += 1) {
        for (const where of ['neighbours', 'scattered'] as const) {
          const theirs = await times(() => page(narrow[where].datasetId, chosen[where]));
          const ours = await times(() => page(all.datasetId, chosen[where]));
          if (round === 0) continue;
          baseline[where].push(theirs);
          measured[where].push(ours);
        }
        process.stderr.write('.');
      }
      process.stderr.write('\n');
      const everyColumn = await seconds(() =>
        act(scratch.api, identity, 'datasets.rows', { datasetId: all.datasetId, limit: 5 }),
      );
      let exported = 0;
      let exportPeak = 0;
      const exportSeconds = await seconds(async () => {
        const { pages } = await exportRows(dependencies, identity, { datasetId: all.datasetId });
        for await (const part of pages) {
          exported += part.length;
          exportPeak = Math.max(exportPeak, process.memoryUsage.rss());
        }
      });
      if (exported !== rows) throw new Error(`${exported} of ${rows} rows were exported`);
      return {
        ...paired(measured.neighbours, baseline.neighbours),
        scattered: paired(measured.scattered, baseline.scattered),
        milliseconds: {
          neighbours: Math.round(median(measured.neighbours) * 1e4) / 10,
          scattered: Math.round(median(measured.scattered) * 1e4) / 10,
          narrow: Math.round(median(baseline.neighbours) * 1e4) / 10,
        },
        loadSeconds: median(all.took),
        loadPeakMegabytes: Math.round(peak / 2 ** 20),
        everyColumnOf5RowsSeconds: everyColumn,
        exportSeconds,
        exportPeakMegabytes: Math.round(exportPeak / 2 ** 20),
        sizes: { columns, rows, bytes: all.bytes, pageColumns, pageRows: 50 },
      };
    } finally {
      worker.kill('SIGTERM');
      await once(worker, 'exit');
    }
  });

/** These columns of the wide table: numbers, texts, dates and empty cells in turn. */
async function writeWideFile(file: string, of: readonly number[]): Promise<void> {
  const cell = (row: number, column: number): string => {
    const mixed = (row * 7919 + column * 104_729) % 10_007;
    switch (column % 5) {
      case 0:
        return String(mixed);
      case 1:
        return (mixed / 100).toFixed(2);
      case 2:
        return mixed % 9 === 0 ? '' : `g${mixed % 100}`;
      case 3:
        return `"x, ${mixed % 1000}"`;
      default:
        return `2026-${String((mixed % 12) + 1).padStart(2, '0')}-15`;
    }
  };
  const lines = function* () {
    yield `${of.map((column) => `c${column}`).join(',')}\n`;
    for (let row = 1; row <= rows; row += 1) yield `${of.map((column) => cell(row, column)).join(',')}\n`;
  };
  await pipeline(Readable.from(lines()), createWriteStream(file, { highWaterMark: 1 << 20 }));
}
