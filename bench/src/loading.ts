import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '@granary/db';
import { actions, CatalogueMemory, executeAction, finishUpload } from '@granary/domain';
import { createFileObjectStore } from '@granary/object-store';
import type { Scratch } from './scratch.ts';

/** The deployable, as a process of its own. */
export async function startWorkerProcess(
  { folder, logins }: Scratch,
  { settings = {}, node = [] }: { readonly settings?: Record<string, string>; readonly node?: readonly string[] } = {},
): Promise<ChildProcess> {
  const main = path.join(import.meta.dirname, '../../apps/worker/src/main.ts');
  const child = spawn(process.execPath, [...node, main], {
    env: {
      ...settings,
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
export async function putOriginal(
  { folder, api }: Scratch,
  identity: Member,
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

/** Runs an operation as the API would. */
export function act(
  database: Scratch['api'],
  identity: Member,
  name: (typeof actions)[number]['name'],
  input: unknown,
  catalogue = new CatalogueMemory(),
): Promise<unknown> {
  const action = actions.find((each) => each.name === name)!;
  return executeAction({ database, catalogue }, action, identity, input);
}

/** Has an upload loaded as a dataset of its own, and waits until it is published. */
export async function loadByWorker(
  { api }: Scratch,
  identity: Member,
  uploadId: string,
  expected: number,
): Promise<{ datasetId: string; versionId: string }> {
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
      return ids;
    }
    if (status.state === 'failed') throw new Error(`the load failed: ${JSON.stringify(status.error)}`);
    await sleep(50);
  }
}
