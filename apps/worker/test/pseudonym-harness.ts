import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, type Member } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import {
  actions,
  CatalogueMemory,
  executeAction,
  fileCipher,
  finishUpload,
  type Load,
  MasterKeys,
  openUploadKeys,
} from '@granary/domain';
import { createFileObjectStore } from '@granary/object-store';
import type pg from 'pg';
import { afterAll } from 'vitest';
import { type LoadDependencies, loadDataset } from '../src/load/load-dataset.ts';

type ActionName = (typeof actions)[number]['name'];
export interface VersionIds {
  readonly datasetId: string;
  readonly versionId: string;
}

export const newMasterKey = (): string => randomBytes(32).toString('base64');

/** Sealed uploads as the API makes them, and loads of them in this process or in one that can be killed. */
export async function createPseudonymHarness() {
  const database = await createTestDatabase();
  const owner = database.pool('postgres');
  const masterKey = newMasterKey();
  const masterKeys = MasterKeys.parse(masterKey);
  const folder = await mkdtemp(path.join(tmpdir(), 'granary-pseudonyms-'));
  const [dataDirectory, workDirectory] = [path.join(folder, 'objects'), path.join(folder, 'work')];
  await mkdir(workDirectory);
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const api = createDatabase(database.pool('granary_api'), { prepared: true });
  const store = createFileObjectStore(dataDirectory);
  const logs: string[] = [];
  const dependencies: LoadDependencies = {
    database: createDatabase(database.pool('granary_worker'), { prepared: true }),
    store,
    masterKeys,
    workDirectory,
    maxColumns: 1000,
    log: (message, details) => {
      const { error } = details;
      logs.push(`${message} ${JSON.stringify(details)} ${error instanceof Error ? error.stack : ''}`);
    },
  };
  const act = async <T>(name: ActionName, identity: Member, input: unknown): Promise<T> => {
    const action = actions.find((each) => each.name === name)!;
    return (await executeAction(
      { database: api, catalogue: new CatalogueMemory(), masterKeys },
      action,
      identity,
      input,
    )) as T;
  };

  const script = path.join(import.meta.dirname, 'crashing-worker.ts');
  const startWorker = (killAt: string) =>
    spawn(process.execPath, [script, database.url('granary_worker'), dataDirectory, workDirectory, killAt], {
      env: { ...process.env, GRANARY_MASTER_KEY: masterKey },
      stdio: 'ignore',
    });

  return {
    owner,
    folder,
    store,
    dependencies,
    logs,
    act,
    organization: (name: string) => createTestOrganization(owner, name),
    async createPeople(identity: Member, name: string, identifiers: readonly string[]): Promise<string> {
      const created = await act<{ dataset: { id: string } }>('datasets.create', identity, { name, identifiers });
      return created.dataset.id;
    },
    /** What the API does with the bytes of an upload for the dataset, and the request to load it. */
    async request(
      identity: Member,
      datasetId: string,
      content: Buffer | string,
      options: object = {},
      delivery: object = {},
    ): Promise<VersionIds & { sha256: string }> {
      const bytes = Buffer.from(content);
      const { id: uploadId } = await act<{ id: string }>('uploads.begin', identity, {
        fileName: 'people.csv',
        bytes: bytes.length,
        datasetId,
      });
      const keys = await openUploadKeys({ database: api, masterKeys }, identity, uploadId);
      const stored = keys ? fileCipher(keys.bytes, 0).update(bytes) : bytes;
      const sha256 = createHash('sha256').update(stored).digest('hex');
      const landing = path.join(folder, `landing-${uploadId}`);
      await writeFile(landing, stored);
      await store.putFile({ tenantId: identity.tenantId, sha256 }, landing);
      await finishUpload(api, identity, uploadId, sha256);
      const { versionId } = await act<{ versionId: string }>('datasets.load', identity, {
        datasetId,
        uploadId,
        options,
        ...delivery,
      });
      return { datasetId, versionId, sha256 };
    },
    run: (identity: Member, { datasetId, versionId }: VersionIds, changed: Partial<LoadDependencies> = {}) =>
      loadDataset(
        { ...dependencies, ...changed },
        { datasetId, versionId },
        { jobId: versionId, identity, signal: new AbortController().signal },
      ),
    status: (identity: Member, { datasetId, versionId }: VersionIds) =>
      act<Load>('datasets.loadStatus', identity, { datasetId, versionId }),
    rows: (identity: Member, datasetId: string) =>
      act<{ columns: { name: string; type: string }[]; rows: unknown[][] }>('datasets.rows', identity, { datasetId }),
    /** Runs the worker in a process until it is killed at that step. */
    async killWorkerAt(step: string): Promise<void> {
      const [, signal] = await once(startWorker(step), 'exit');
      if (signal !== 'SIGKILL') throw new Error(`the worker ended by ${signal} before ${step}`);
    },
    /** Runs the worker in a process as long as `use` does. */
    async withWorker(use: () => Promise<void>): Promise<void> {
      const child = startWorker('never');
      const gone = once(child, 'exit');
      await use().finally(() => child.kill('SIGKILL'));
      await gone;
    },
    filesHolding: (text: string) => filesHolding(folder, text),
    columnsHolding: (text: string) => columnsHolding(owner, text),
  };
}

/** Files below the folder that hold the text, as it is or in hexadecimal, base64 or UTF-16. */
async function filesHolding(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const spellings = [Buffer.from(text), Buffer.from(text, 'utf16le'), Buffer.from(Buffer.from(text).toString('hex'))];
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(file).catch(() => Buffer.alloc(0)); // it was removed meanwhile
    if (spellings.some((spelling) => bytes.includes(spelling))) found.push(file);
  }
  return found;
}

/** Every table of the database, system catalogues apart, of which a row holds the text, as it is or as bytes. */
async function columnsHolding(owner: pg.Pool, text: string): Promise<string[]> {
  const { rows: tables } = await owner.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await owner.query<{ n: number }>(
      `select count(*)::int as n from ${name} t where strpos(t::text, $1) > 0 or strpos(t::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0`,
      [text],
    );
    if (rows[0]!.n > 0) found.push(name);
  }
  return found;
}
