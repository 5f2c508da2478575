import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { buffer, text } from 'node:stream/consumers';
import { DuckDBInstance } from '@duckdb/node-api';
import { createDatabase, onUserSnapshot } from '@granary/db';
import { createTestDatabase } from '@granary/db/testing';
import type { ExportManifest } from '@granary/domain';
import { publishVersion } from '@granary/domain/testing';
import { createFileObjectStore } from '@granary/object-store';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportDataset } from '../src/export/export-dataset.ts';
import { yieldToOthers } from '../src/writing/yield-to-others.ts';
import { createLoadHarness, type LoadHarness } from './load-harness.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
let harness: LoadHarness;
let datasetId = '';

const columns = [
  { name: 'id', type: 'bigint' },
  { name: 'exact', type: 'numeric' },
  { name: 'huge', type: 'numeric' },
  { name: 'ratio', type: 'double precision' },
  { name: 'flag', type: 'boolean' },
  { name: 'day', type: 'date' },
  { name: 'clock', type: 'time' },
  { name: 'local', type: 'timestamp' },
  { name: 'at', type: 'timestamptz' },
  { name: 'key', type: 'uuid' },
  { name: 'doc', type: 'jsonb' },
  { name: 'label', type: 'text' },
] as const;
const key = '0190c0de-0000-7000-8000-00000000abcd';
const rows = [
  [
    '9007199254740993',
    '-12.50',
    '1',
    '1e300',
    't',
    '2026-11-25',
    '09:02:00.5',
    '2026-11-21 09:02:00.123456',
    '2026-11-21 09:02:00+05:30',
    key,
    '{"a": [1, "é"]}',
    'with "quotes", and\nlines\r\n',
  ],
  [
    '-3',
    '99999999.25',
    '12345678901234567890123456789012345678901234567890.5',
    'NaN',
    'f',
    '0044-03-15 BC',
    '00:00:00',
    '0001-01-01 00:00:00',
    '1969-12-31 23:59:59.999999+00',
    null,
    '"\\\\."',
    '',
  ],
  [null, null, null, '-Infinity', null, null, null, null, null, null, null, null],
  [
    '4',
    '0',
    'NaN',
    '-0.1',
    't',
    '9999-12-31',
    '23:59:59.999999',
    '9999-12-31 23:59:59',
    '2026-01-01 00:00:00+00',
    key,
    'null',
    '\\.',
  ],
];

beforeAll(async () => {
  harness = await createLoadHarness(owner, database.pool('granary_api'), database.url('granary_worker'));
  const created = await harness.act<{ dataset: { id: string } }>('datasets.create', { name: 'Messwerte' });
  datasetId = created.dataset.id;
  await publishVersion(owner, { ...harness.identity, datasetId }, { columns, rows, chunkSize: 5 });
});
afterAll(() => harness.close());

const steps: { at?: string; run?: () => Promise<void> } = {};
const log: string[] = [];
async function runExport(exportId: string, of = datasetId): Promise<void> {
  await exportDataset(
    {
      database: createDatabase(database.pool('granary_worker'), { prepared: true }),
      store: createFileObjectStore(harness.dataDirectory),
      workDirectory: harness.workDirectory,
      exportHours: 1,
      log: (message) => log.push(message),
      onStep: async (step) => (step === steps.at ? steps.run?.() : undefined),
    },
    { datasetId: of, exportId },
    { jobId: 'test', identity: harness.identity, signal: new AbortController().signal },
  );
}
interface Status {
  readonly state: string;
  readonly error: { kind: string } | null;
  readonly manifest: ExportManifest;
}
async function exported(
  input: object,
  of = datasetId,
): Promise<{ manifest: ExportManifest; bytes: Buffer; path: string }> {
  const { id } = await harness.act<{ id: string }>('datasets.startExport', { datasetId: of, ...input });
  await runExport(id, of);
  const status = await harness.act<Status>('datasets.exportStatus', { datasetId: of, exportId: id });
  expect(status).toMatchObject({ state: 'ready', error: null });
  const { tenantId } = harness.identity;
  const object = { tenantId, sha256: status.manifest.sha256 ?? '' };
  const store = createFileObjectStore(harness.dataDirectory);
  const bytes = await buffer(await store.read(object));
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(status.manifest.sha256);
  expect(bytes.length).toBe(status.manifest.bytes);
  return { manifest: status.manifest, bytes, path: (await store.asFile(object)).path };
}
async function readParquet(path: string) {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`set TimeZone = 'UTC'`);
  const types = await connection.runAndReadAll(`describe select * from read_parquet('${path}')`);
  const cells = await connection.runAndReadAll(`select columns(*)::varchar from read_parquet('${path}')`);
  return { types: types.getRowsJson().map((row) => row[1]), rows: cells.getRowsJson() };
}

describe('a file of an export', () => {
  test('as Parquet has the types and every digit', async () => {
    const { manifest, path } = await exported({ format: 'parquet' });
    expect(manifest).toMatchObject({
      version: 1,
      changeSet: 0,
      rows: 4,
      format: 'parquet',
      fileName: 'Messwerte-v1.parquet',
    });
    const read = await readParquet(path);
    expect(read.types).toEqual([
      'BIGINT',
      'DECIMAL(10,2)',
      'VARCHAR',
      'DOUBLE',
      'BOOLEAN',
      'DATE',
      'TIME',
      'TIMESTAMP',
      'TIMESTAMP WITH TIME ZONE',
      'UUID',
      'JSON',
      'VARCHAR',
    ]);
    expect(read.rows).toEqual([
      [
        '9007199254740993',
        '-12.50',
        '1',
        '1e+300',
        'true',
        '2026-11-25',
        '09:02:00.5',
        '2026-11-21 09:02:00.123456',
        '2026-11-21 03:32:00+00',
        key,
        '{"a": [1, "é"]}',
        rows[0]![11],
      ],
      [
        '-3',
        '99999999.25',
        rows[1]![2],
        'nan',
        'false',
        '0044-03-15 (BC)',
        '00:00:00',
        '0001-01-01 00:00:00',
        '1969-12-31 23:59:59.999999+00',
        null,
        '"\\\\."',
        '',
      ],
      [null, null, null, '-inf', null, null, null, null, null, null, null, null],
      [
        '4',
        '0.00',
        'NaN',
        '-0.1',
        'true',
        '9999-12-31',
        '23:59:59.999999',
        '9999-12-31 23:59:59',
        '2026-01-01 00:00:00+00',
        key,
        'null',
        '\\.',
      ],
    ]);
  });

  test('as Arrow has the same values', async () => {
    const { bytes, manifest } = await exported({ format: 'arrow' });
    const table = tableFromIPC(bytes);
    expect(table.numRows).toBe(4);
    expect(manifest.columns.map(({ storedAs }) => storedAs).slice(0, 3)).toEqual([
      'int64',
      'decimal128(10, 2)',
      'utf8',
    ]);
    const column = (name: string) => Array.from(table.getChild(name) ?? []);
    expect(column('id')).toEqual([9007199254740993n, -3n, null, 4n]);
    expect(
      column('exact').map((value) => value && BigInt.asIntN(64, new BigUint64Array(value.slice().buffer)[0] ?? 0n)),
    ).toEqual([-1250n, 9999999925n, null, 0n]);
    expect(column('ratio')).toEqual([1e300, Number.NaN, Number.NEGATIVE_INFINITY, -0.1]);
    expect(column('flag')).toEqual([true, false, null, true]);
    expect(column('label')).toEqual(rows.map((row) => row[11]));
    expect(column('huge')).toEqual(rows.map((row) => row[2]));
    expect(column('clock')).toEqual([32_520_500_000n, 0n, null, 86_399_999_999n]);
    expect(table.schema.fields[9]?.metadata.get('ARROW:extension:name')).toBe('arrow.uuid');
    if (process.env.GRANARY_KEEP_ARROW) await writeFile(process.env.GRANARY_KEEP_ARROW, bytes);
  });

  test('as CSV and JSON Lines is what the streams say, filtered and ordered', async () => {
    const selection = {
      columns: ['id', 'label', 'exact'],
      filter: { column: 'id', op: 'lt', value: 100 },
      order: [{ column: 'id', direction: 'desc' }],
    };
    const csv = await exported({ format: 'csv', ...selection, csv: { escapeFormulas: true, header: 'name' } });
    expect(csv.bytes.toString()).toBe(`id,label,exact\r\n4,\\.,0\r\n-3,"",99999999.25\r\n`);
    const lines = await exported({ format: 'jsonl', ...selection });
    expect(lines.bytes.toString()).toBe(
      '{"id":4,"label":"\\\\.","exact":0}\n{"id":-3,"label":"","exact":99999999.25}\n',
    );
    expect(lines.manifest).toMatchObject({ rows: 2, filter: selection.filter });
    const all = await exported({ format: 'jsonl' });
    expect(all.bytes.toString().split('\n')[0]).toContain(
      '"id":9007199254740993,"exact":-12.50,"huge":1,"ratio":1e+300',
    );
  });
});

test('a wide dataset is written by every format', async () => {
  const created = await harness.act<{ dataset: { id: string } }>('datasets.create', { name: 'wide' });
  const wide = Array.from({ length: 1700 }, (_, at) => ({ name: `c${at}`, type: 'bigint' as const }));
  const cells = [1, 2].map((row) => wide.map((_, at) => String(row * at)));
  await publishVersion(
    owner,
    { ...harness.identity, datasetId: created.dataset.id },
    { columns: wide, rows: cells, chunkSize: 900 },
  );
  const csv = await exported({ format: 'csv', csv: { header: 'none' } }, created.dataset.id);
  expect(csv.bytes.toString()).toBe(cells.map((row) => `${row.join(',')}\r\n`).join(''));
  const arrow = await exported({ format: 'arrow' }, created.dataset.id);
  expect(tableFromIPC(arrow.bytes).getChild('c1699')?.toArray()).toEqual(BigInt64Array.of(1699n, 3398n));
  const parquet = await exported({ format: 'parquet' }, created.dataset.id);
  expect((await readParquet(parquet.path)).rows).toEqual(cells);
});

describe('an export that cannot be', () => {
  const leftovers = async () => (await readdir(harness.workDirectory)).filter((name) => name.startsWith('load-'));

  test('is refused before it is queued when it does not fit the version', async () => {
    const start = (input: object) => harness.act('datasets.startExport', { datasetId, format: 'csv', ...input });
    await expect(start({ columns: ['nope'] })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(start({ version: 9 })).rejects.toMatchObject({ kind: 'not_found' });
    await expect(start({ format: 'xls' })).rejects.toMatchObject({ kind: 'invalid' });
  });

  test.for(['exporting', 'rows'])('fails as forbidden when access is lost before %s', async (at) => {
    const { id } = await harness.act<{ id: string }>('datasets.startExport', { datasetId, format: 'parquet' });
    steps.at = at;
    steps.run = async () => {
      await owner.query(
        'update datasets set owner_id = (select user_id from memberships where tenant_id = $1 and user_id <> $2 limit 1) where id = $3',
        [harness.identity.tenantId, harness.identity.userId, datasetId],
      );
    };
    try {
      await runExport(id);
    } finally {
      steps.at = 'never';
      await owner.query('update datasets set owner_id = $1 where id = $2', [harness.identity.userId, datasetId]);
    }
    const { state, error } = await harness.act<Status>('datasets.exportStatus', { datasetId, exportId: id });
    expect([state, error?.kind]).toEqual(['failed', 'forbidden']);
    expect(await leftovers()).toEqual([]);
  });

  test('gives up when a dataset that it reads is to be deleted, which then goes on', async () => {
    const created = await harness.act<{ dataset: { id: string } }>('datasets.create', { name: 'doomed' });
    const of = { ...harness.identity, datasetId: created.dataset.id };
    await publishVersion(owner, of, { columns: columns.slice(-1), rows: [['x']] });
    const worker = createDatabase(database.pool('granary_worker'), { prepared: true });
    const dataset = { permission: 'dataset:read', datasetId: of.datasetId, version: 1 };
    const { rows: versions } = await owner.query('select id from dataset_versions where dataset_id = $1', [
      of.datasetId,
    ]);
    let deleted: Promise<unknown> = Promise.resolve();
    const reading = onUserSnapshot(worker, harness.identity, dataset, (client) =>
      yieldToOthers(worker, client, new AbortController().signal, async (signal) => {
        await client.query(`select from data."v_${versions[0].id.replaceAll('-', '')}_p1"`);
        deleted = harness.act('datasets.delete', { datasetId: of.datasetId });
        await once(signal, 'abort');
        throw new Error('stopped');
      }),
    );
    await expect(reading).rejects.toMatchObject({ kind: 'unavailable' });
    await deleted;
  });

  test('is limited to twenty waiting at a time', async () => {
    const start = () => harness.act('datasets.startExport', { datasetId, format: 'csv' });
    const outcomes = await Promise.allSettled(Array.from({ length: 25 }, start));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(20);
    await owner.query(
      `update dataset_exports set state = 'failed', error = '{"kind": "unavailable", "message": "test"}' where state = 'queued'`,
    );
  });
});

test.for(['exporting', 'rows', 'storing', 'stored'])(
  'a worker killed at %s leaves nothing, and another one makes the file',
  async (point) => {
    const { id } = await harness.act<{ id: string }>('datasets.startExport', { datasetId, format: 'csv' });
    const killed = harness.startWorker(point);
    await once(killed.child, 'exit');
    const state = async () => (await harness.act<Status>('datasets.exportStatus', { datasetId, exportId: id })).state;
    expect(await state()).toBe('running');
    const next = harness.startWorker();
    await expect.poll(state, { interval: 200 }).toBe('ready');
    next.child.kill('SIGTERM');
    await once(next.child, 'exit');
    const { manifest } = await harness.act<Status>('datasets.exportStatus', { datasetId, exportId: id });
    const object = { tenantId: harness.identity.tenantId, sha256: manifest.sha256 ?? '' };
    const content = await text(await createFileObjectStore(harness.dataDirectory).read(object));
    expect(content.split('\r\n').length).toBeGreaterThan(4);
  },
);
