import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, type Member } from '@granary/db';
import { createTestOrganization } from '@granary/db/testing';
import {
  actions,
  CatalogueMemory,
  executeAction,
  finishUpload,
  type Load,
  type NewColumns,
  type ReadingOptions,
} from '@granary/domain';
import { createFileObjectStore } from '@granary/object-store';
import type pg from 'pg';

type ActionName = (typeof actions)[number]['name'];

export interface LoadIds {
  readonly datasetId: string;
  readonly versionId: string;
}

export interface LoadHarness {
  readonly identity: Member;
  readonly colleague: Member;
  readonly dataDirectory: string;
  readonly workDirectory: string;
  act<T>(name: ActionName, input: unknown): Promise<T>;
  actAs<T>(identity: Member, name: ActionName, input: unknown): Promise<T>;
  /** Puts a file into the store and asks for its load. */
  requestLoad(
    fileName: string,
    content: Buffer | string,
    datasetId?: string,
    options?: ReadingOptions,
    delivery?: { mode: 'append' | 'upsert'; keyColumns?: string[]; newColumns?: NewColumns },
  ): Promise<LoadIds>;
  status(ids: LoadIds): Promise<Load>;
  /** The state of a load once it has ended, well or not. */
  ended(ids: LoadIds): Promise<Load>;
  /** Starts a worker process that is killed at a step, or never. */
  startWorker(killAt?: string, environment?: NodeJS.ProcessEnv): WorkerProcess;
  /** Starts the deployable itself. */
  startDeployable(): ChildProcess;
  close(): Promise<void>;
}

export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Resolves when the process has printed the line; rejects when it ends before. */
  said(line: string): Promise<void>;
}

/** What the API does, without HTTP: `apiPool` and `workerUrl` lead to the same migrated database. */
export async function createLoadHarness(owner: pg.Pool, apiPool: pg.Pool, workerUrl: string): Promise<LoadHarness> {
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-load-'));
  await chmod(folder, 0o711); // SQL of tenants runs as another user in a folder of this one
  const [dataDirectory, workDirectory] = [path.join(folder, 'objects'), folder];
  const database = createDatabase(apiPool, { prepared: true });
  const organization = await createTestOrganization(owner, 'loading');
  const identity = organization.as.editor;
  const store = createFileObjectStore(dataDirectory);
  const children: ChildProcess[] = [];
  const actAs = async <T>(who: Member, name: ActionName, input: unknown): Promise<T> => {
    const action = actions.find((each) => each.name === name)!;
    return (await executeAction({ database, catalogue: new CatalogueMemory() }, action, who, input)) as T;
  };
  const act = <T>(name: ActionName, input: unknown): Promise<T> => actAs(identity, name, input);

  return {
    identity,
    colleague: organization.as.colleague,
    dataDirectory,
    workDirectory,
    act,
    actAs,
    async requestLoad(fileName, content, datasetId, options = {}, delivery) {
      const bytes = Buffer.from(content);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const landing = path.join(folder, `landing-${children.length}-${sha256}`);
      await writeFile(landing, bytes);
      await store.putFile({ tenantId: identity.tenantId, sha256 }, landing);
      const { id: uploadId } = await act<{ id: string }>('uploads.begin', { fileName, bytes: bytes.length });
      await finishUpload(database, identity, uploadId, sha256);
      if (datasetId)
        return {
          datasetId,
          ...(await act<{ versionId: string }>('datasets.load', { datasetId, uploadId, options, ...delivery })),
        };
      const name = `${fileName} ${uploadId}`;
      const created = await act<{ dataset: { id: string }; versionId: string }>('datasets.create', {
        name,
        uploadId,
        options,
      });
      return { datasetId: created.dataset.id, versionId: created.versionId };
    },
    status: (ids) => act<Load>('datasets.loadStatus', ids),
    async ended(ids) {
      for (;;) {
        const load = await act<Load>('datasets.loadStatus', ids);
        if (['ready', 'failed'].includes(load.state)) return load;
        await sleep(50);
      }
    },
    startWorker(killAt = 'never', environment = {}) {
      const script = path.join(import.meta.dirname, 'crashing-worker.ts');
      const child = spawn(process.execPath, [script, workerUrl, dataDirectory, workDirectory, killAt], {
        env: { ...process.env, ...environment },
        stdio: ['pipe', 'pipe', process.env.GRANARY_TEST_LOGS ? 'inherit' : 'ignore'],
      });
      children.push(child);
      return { child, said: listen(child) };
    },
    startDeployable() {
      const child = spawn(process.execPath, [path.join(import.meta.dirname, '../src/main.ts')], {
        env: {
          PATH: process.env.PATH,
          GRANARY_WORKER_DATABASE_URL: workerUrl,
          GRANARY_DATA_DIR: dataDirectory,
          GRANARY_WORK_DIR: workDirectory,
        },
        stdio: ['ignore', process.env.GRANARY_TEST_LOGS ? 'inherit' : 'ignore', 'inherit'],
      });
      children.push(child);
      return child;
    },
    async close() {
      for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function listen(child: ChildProcess): WorkerProcess['said'] {
  const lines = createInterface(child.stdout!);
  const heard = new Set<string>();
  const ended = once(child, 'exit').then(() => 'ended' as const);
  lines.on('line', (line) => heard.add(line));
  return async (line) => {
    while (!heard.has(line)) {
      const what = await Promise.race([once(lines, 'line'), ended]);
      if (what === 'ended' && !heard.has(line)) throw new Error(`the worker ended before it said ${line}`);
    }
  };
}

/** Rows and a digest of all cells of a version, in the order of the file. */
export async function contentOf(
  owner: pg.Pool,
  versionId: string,
): Promise<{ rows: number; digest: string; quarantine: string }> {
  const { rows } = await owner.query<{ rows: number; digest: string; quarantine: string }>(
    `select (select count(*)::int from data."v_${versionId.replaceAll('-', '')}_p1") as rows,
       (select md5(string_agg(t::text, e'\\n' order by rowid)) from data."v_${versionId.replaceAll('-', '')}_p1" t) as digest,
       (select md5(coalesce(string_agg(concat_ws('|', number, line, byte_offset, raw, reason, column_name), e'\\n' order by number), ''))
        from quarantined_rows where version_id = $1) as quarantine`,
    [versionId],
  );
  return rows[0]!;
}
