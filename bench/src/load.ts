import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from '@granary/db';
import { actions, CatalogueMemory, executeAction, finishUpload } from '@granary/domain';
import { createFileObjectStore } from '@granary/object-store';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { median, paired, seconds } from './measure.ts';
import { watchMemory } from './processes.ts';
import { makeSampleDataset } from './sample-dataset.ts';
import { type Scratch, withScratch } from './scratch.ts';
import { typedColumns, writeTypedFile } from './typed-file.ts';

const rows = 1_000_000;
const largeRows = 9_000_000; // about 1 GB
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
    let large = { bytes: 0, seconds: 0 };
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
      large = {
        bytes: (await stat(largeFile)).size,
        seconds: await seconds(() => loadByWorker(scratch, identity, uploadId, largeRows)),
      };
      largePeak = memory.stop();
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

async function startWorkerProcess({ folder, logins }: Scratch): Promise<ChildProcess> {
  const main = path.join(import.meta.dirname, '../../apps/worker/src/main.ts');
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      GRANARY_WORKER_DATABASE_URL: logins.worker,
      GRANARY_DATA_DIR: path.join(folder, 'objects'),
      GRANARY_WORK_DIR: path.join(folder, 'work'),
      GRANARY_LOG_LEVEL: 'info',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text) => String(text).includes('"ready"') && resolve()); // and goes on reading
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  return child;
}

/** The file in the object store, and finished uploads of it: what the API leaves behind. */
async function putOriginal(
  { folder, api }: Scratch,
  identity: Identity,
  file: string,
  count: number,
): Promise<string[]> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const sha256 = hash.digest('hex');
  const landing = path.join(folder, 'landing');
  await mkdir(landing, { recursive: true });
  await copyFile(file, path.join(landing, 'original'));
  await createFileObjectStore(path.join(folder, 'objects')).putFile(
    { tenantId: identity.tenantId, sha256 },
    path.join(landing, 'original'),
  );
  const uploads: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { id } = (await act(api, identity, 'uploads.begin', {
      fileName: 'typed.csv',
      bytes: (await stat(file)).size,
    })) as { id: string };
    await finishUpload(api, identity, id, sha256);
    uploads.push(id);
  }
  return uploads;
}

function act(
  database: Scratch['api'],
  identity: Identity,
  name: (typeof actions)[number]['name'],
  input: unknown,
): Promise<unknown> {
  const action = actions.find((each) => each.name === name)!;
  return executeAction({ database, catalogue: new CatalogueMemory() }, action, identity, input);
}

async function loadByWorker({ api }: Scratch, identity: Identity, uploadId: string, expected: number): Promise<void> {
  const name = `load ${uploadId}`;
  const created = (await act(api, identity, 'datasets.create', { name, uploadId })) as {
    dataset: { id: string };
    versionId: string;
  };
  const ids = { datasetId: created.dataset.id, versionId: created.versionId };
  for (;;) {
    const status = (await act(api, identity, 'datasets.loadStatus', ids)) as {
      state: string;
      loadedRows: number;
      error: unknown;
    };
    if (status.state === 'ready') {
      if (status.loadedRows !== expected) throw new Error(`${status.loadedRows} of ${expected} rows were loaded`);
      break;
    }
    if (status.state === 'failed') throw new Error(`the load failed: ${JSON.stringify(status.error)}`);
    await sleep(50);
  }
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
