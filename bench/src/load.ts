import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '@granary/db';
import { CatalogueMemory, exportRows } from '@granary/domain';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { act, loadByWorker, putOriginal, startWorkerProcess } from './loading.ts';
import { median, paired, seconds } from './measure.ts';
import { watchMemory } from './processes.ts';
import { makeSampleDataset } from './sample-dataset.ts';
import { type Scratch, withScratch } from './scratch.ts';
import { typedColumns, writeTypedFile } from './typed-file.ts';

const rows = 1_000_000;
const largeRows = 10_000_000; // about 1 GB
const rounds = 5;

/** From a file on disk to a published table by the worker, against \copy of the same file into an equal table. */
export const load = () =>
  withScratch(async (scratch) => {
    const { identity } = await makeSampleDataset(scratch.owner, 1);
    const file = path.join(scratch.folder, 'typed.csv');
    await writeTypedFile(file, rows);
    const worker = await startWorkerProcess(scratch);
    const ours: number[] = [];
    const theirs: number[] = [];
    let largePeak = 0;
    let large = { bytes: 0, seconds: 0, use: { indexSeconds: 0, pageMilliseconds: {}, exportSeconds: 0 } };
    try {
      const prepared = await putOriginal(scratch, identity, file, rounds + 1);
      for (const [round, uploadId] of prepared.entries()) {
        const baseline = await seconds(() => copyByHand(scratch, file));
        const measured = await seconds(() => loadByWorker(scratch, identity, uploadId, rows));
        await profiled(scratch); // of which neither side of the next round is to feel anything
        if (round === 0) continue;
        theirs.push(baseline);
        ours.push(measured);
        process.stderr.write(`${(measured / baseline).toFixed(2)} `);
      }
      const largeFile = path.join(scratch.folder, 'large.csv');
      await writeTypedFile(largeFile, largeRows);
      const [uploadId = ''] = await putOriginal(scratch, identity, largeFile, 1);
      const memory = watchMemory(worker.pid ?? 0);
      let datasetId = '';
      const taken = await seconds(async () => {
        ({ datasetId } = await loadByWorker(scratch, identity, uploadId, largeRows));
      });
      largePeak = memory.stop();
      large = {
        bytes: (await stat(largeFile)).size,
        seconds: taken,
        use: await useLarge(scratch, identity, datasetId),
      };
    } finally {
      worker.kill('SIGTERM');
      await once(worker, 'exit');
    }
    process.stderr.write('\n');
    return {
      ...paired(ours, theirs),
      seconds: { ours: median(ours), baseline: median(theirs) },
      large: {
        megabytes: Math.round(large.bytes / 2 ** 20),
        seconds: Math.round(large.seconds),
        peakMegabytes: Math.round(largePeak / 2 ** 20),
        ...large.use,
      },
      sizes: { rows, columns: typedColumns.length, bytes: (await stat(file)).size },
      target: 1.3,
    };
  });

/** Until no version waits for its statistics, which are computed after the load. */
async function profiled({ owner }: Scratch): Promise<void> {
  for (;;) {
    const { rowCount } = await owner.query(
      `select from jobs.job where name = 'dataset.profile' and state in ('created', 'retry', 'active') limit 1`,
    );
    if (!rowCount) return;
    await sleep(50);
  }
}

/** What one does with it afterwards: an index, pages from the midst of it, all of its rows as text. */
async function useLarge({ api }: Scratch, identity: Member, datasetId: string) {
  const catalogue = new CatalogueMemory();
  const rowsOf = (input: object) => act(api, identity, 'datasets.rows', { datasetId, limit: 50, ...input }, catalogue);
  const indexSeconds = await seconds(async () => {
    await act(api, identity, 'datasets.index', { datasetId, column: 'amount' });
    for (;;) {
      const [index] = (await act(api, identity, 'datasets.indexes', { datasetId })) as { state: string }[];
      if (index?.state === 'ready') break;
      if (index?.state === 'failed') throw new Error('the index was not made');
      await sleep(50);
    }
  });
  const from = largeRows / 2;
  const page = async (input: object) => {
    await rowsOf(input);
    return Math.round((await seconds(() => rowsOf(input))) * 1e4) / 10;
  };
  const pageMilliseconds = {
    key: await page({ filter: { column: 'rowid', op: 'gte', value: from } }),
    indexed: await page({ filter: { column: 'amount', op: 'gte', value: from }, order: [{ column: 'amount' }] }),
  };
  let exported = 0;
  const exportSeconds = await seconds(async () => {
    const { pages } = await exportRows({ database: api, catalogue }, identity, { datasetId });
    for await (const part of pages) exported += part.length;
  });
  if (exported !== largeRows) throw new Error(`${exported} of ${largeRows} rows were exported`);
  return { indexSeconds: Math.round(indexSeconds), pageMilliseconds, exportSeconds: Math.round(exportSeconds) };
}

const hasPsql = (() => {
  try {
    execFileSync('psql', ['--version']);
    return true;
  } catch {
    return false;
  }
})();

async function copyByHand({ ownerUrl, owner }: Scratch, file: string): Promise<void> {
  const columns = typedColumns.map(([name, type]) => `"${name}" ${type}`).join(', ');
  const list = typedColumns.map(([name]) => `"${name}"`).join(', ');
  await owner.query(
    `drop table if exists public.by_hand; create table public.by_hand (rowid bigint generated by default as identity primary key, ${columns})`,
  );
  if (hasPsql) {
    execFileSync('psql', [
      ownerUrl,
      '-qXc',
      `\\copy public.by_hand (${list}) from '${file}' (format csv, header match)`,
    ]);
    return;
  }
  const client = new pg.Client(ownerUrl);
  await client.connect();
  await pipeline(
    createReadStream(file, { highWaterMark: 1 << 20 }),
    client.query(copyFrom(`copy public.by_hand (${list}) from stdin (format csv, header match)`)),
  );
  await client.end();
}
