import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Database, type Member, onSystemConnection } from '@granary/db';
import type { DeliveryMode } from '@granary/domain';
import type pg from 'pg';
import type { Inspection, QuarantinedRow } from '../reading/inspection.ts';
import type { FileReader } from '../reading/reader.ts';
import { chunkColumns } from './chunk-columns.ts';
import { copyIn, csvField } from './copy-in.ts';
import { mergeDelivery, setRowsApart } from './merge-delivery.ts';

export interface VersionToPublish {
  /** Who asked for it, in the version's organization. */
  readonly identity: Member;
  readonly datasetId: string;
  readonly versionId: string;
  /** Whether it becomes the dataset's rows, or goes into those that are there. */
  readonly mode: DeliveryMode;
}

/** A table that can be published, whatever it was made from: a file, or SQL over other versions. */
export interface TableReader extends Omit<FileReader, 'inspection'> {
  readonly inspection: Omit<Inspection, 'format'> & { readonly format: Inspection['format'] | 'sql' };
}

/** Told before each step (of quarantine: after its first row), and awaited: what a test stops at, and what progress shows. */
export type PublishStep = 'copying' | 'indexing' | 'quarantine' | 'publishing' | 'merging' | 'merged';

export interface PublishOptions {
  readonly signal: AbortSignal;
  /** What stands or falls with the version, as the last thing in its transaction. */
  settle?(client: pg.PoolClient, rows: number): Promise<void>;
  onStep(step: PublishStep): Promise<void>;
  onCopied(bytes: number, rows: number): Promise<void>;
}

/**
 * Fills a version's tables from the reader and publishes it, in one transaction: whatever kills it leaves the version
 * before it readable and nothing of this one. Returns false, having done nothing, when it was published already.
 */
export async function publishVersion(
  database: Database,
  version: VersionToPublish,
  reader: TableReader,
  options: PublishOptions,
): Promise<boolean> {
  return onSystemConnection(database, 'load: publish', async (client) => {
    // A second worker, which took over while the first was only slow, waits here and then finds the work done.
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [version.versionId]);
    const { rows } = await client.query(
      `select from dataset_versions where tenant_id = $1 and id = $2 and state = 'loading'`,
      [version.identity.tenantId, version.versionId],
    );
    if (rows.length === 0) return false;
    const { rows: copied, contentSha256 } = await fillTables(client, version, reader, options);
    await describeColumns(client, version, reader);
    const apart = version.mode === 'replace' ? [] : await setRowsApart(client, version.versionId, reader);
    const quarantined = await fillQuarantine(client, version, reader, apart, options);
    const loaded = copied - apart.length;
    await options.onStep('publishing');
    await closeLoad(client, version, reader, { loaded, quarantined, contentSha256 });
    if (version.mode === 'replace') await makeCurrent(client, version);
    else await mergeDelivery(client, version, options);
    await options.settle?.(client, loaded);
    return true;
  });
}

export async function fillTables(
  client: pg.PoolClient,
  { versionId }: VersionToPublish,
  { inspection, copyCsv, split }: TableReader,
  { signal, onStep, onCopied }: PublishOptions,
): Promise<{ rows: number; contentSha256: string }> {
  const chunkOf = chunkColumns(inspection.columns.map(({ type }) => type));
  const chunks = Map.groupBy(inspection.columns, (_, index) => chunkOf[index] ?? 1);
  await onStep('copying');
  if (chunks.size > 1) await split([...chunks.values()].map(({ length }) => length));
  const progress = { bytes: 0, rows: 0 };
  const digest = createHash('sha256');
  // the reader goes on to the next table while Postgres still takes what is left of this one
  const queue = [...chunks].map(([chunk, columns]) => ({ chunk, columns, names: columns.map(({ name }) => name) }));
  let reading = Promise.resolve(copyCsv(queue[0]?.names ?? []));
  for (const [index, { chunk, columns, names }] of queue.entries()) {
    const made = await client.query<{ name: string }>('select app.create_data_table($1, $2, $3) as name', [
      versionId,
      chunk,
      JSON.stringify(columns.map(({ name, type }) => ({ name, type }))),
    ]);
    const list = names.map((name) => `"${name}"`).join(', ');
    const { stream, done } = await reading;
    const next = queue[index + 1];
    if (next) {
      reading = done.then(() => copyCsv(next.names));
      reading.catch(() => {}); // this copy fails as well, and says why
    }
    const counted = counting(stream, chunk === 1 ? progress : { bytes: 0, rows: 0 }, digest, onCopied);
    // freeze: the table was made in this transaction, so its rows need no later visit by vacuum
    const command = `copy data."${made.rows[0]!.name}" (${list}) from stdin (format csv, freeze)`;
    const [taken, { rows: written }] = await Promise.all([copyIn(client, command, counted, signal), done]);
    if (taken !== written || written !== inspection.cleanRows) {
      throw new Error(
        `rows went missing: ${inspection.cleanRows} counted, ${written} read, ${taken} stored in chunk ${chunk}`,
      );
    }
  }
  await onStep('indexing');
  for (const chunk of chunks.keys()) await client.query('select app.finish_data_table($1, $2)', [versionId, chunk]);
  return { rows: inspection.cleanRows, contentSha256: digest.digest('hex') };
}

function counting(
  stream: Readable,
  total: { bytes: number; rows: number },
  digest: Hash,
  onCopied: PublishOptions['onCopied'],
): Readable {
  return Readable.from(
    (async function* () {
      for await (const piece of stream as AsyncIterable<Buffer>) {
        total.bytes += piece.length;
        digest.update(piece);
        // line ends, not records: near enough while it runs; the account at the end is exact
        for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) total.rows += 1;
        await onCopied(total.bytes, total.rows);
        yield piece;
      }
    })(),
    { objectMode: true, highWaterMark: 4 },
  );
}

async function fillQuarantine(
  client: pg.PoolClient,
  { identity: { tenantId }, datasetId, versionId }: VersionToPublish,
  reader: TableReader,
  apart: readonly QuarantinedRow[],
  { signal, onStep }: PublishOptions,
): Promise<number> {
  if (reader.inspection.quarantinedRows + apart.length === 0) return 0;
  const lines = Readable.from(
    (async function* () {
      let number = 0;
      for await (const { line, byteOffset, raw, reason, column } of both(reader.quarantine(), apart)) {
        number += 1;
        yield `${[tenantId, datasetId, versionId, number, line, byteOffset, raw, reason, column].map(csvField).join(',')}\n`;
        if (number === 1) await onStep('quarantine');
      }
    })(),
  );
  const command = `copy quarantined_rows (tenant_id, dataset_id, version_id, number, line, byte_offset, raw, reason, column_name) from stdin (format csv)`;
  return copyIn(client, command, lines, signal);
}

async function* both<T>(first: AsyncIterable<T>, second: Iterable<T>): AsyncGenerator<T> {
  yield* first;
  yield* second;
}

export async function describeColumns(
  client: pg.PoolClient,
  { identity: { tenantId }, datasetId, versionId }: VersionToPublish,
  { inspection: { columns } }: TableReader,
): Promise<void> {
  const chunkOf = chunkColumns(columns.map(({ type }) => type));
  const rows = columns.map((column, position) => ({ ...column, position, chunk: chunkOf[position] }));
  await client.query(
    `insert into dataset_columns (tenant_id, dataset_id, version_id, position, chunk, name, original_name, type, evidence)
     select $1, $2, $3, c.position, c.chunk, c.name, c."originalName", c.type, c.evidence
     from jsonb_to_recordset($4) as c (position int, chunk smallint, name text, "originalName" text, type text, evidence jsonb)`,
    [tenantId, datasetId, versionId, JSON.stringify(rows)],
  );
}

async function closeLoad(
  client: pg.PoolClient,
  { identity: { tenantId }, versionId }: VersionToPublish,
  { inspection }: TableReader,
  { loaded, quarantined, contentSha256 }: { loaded: number; quarantined: number; contentSha256: string },
): Promise<void> {
  const {
    columns: _columns,
    inputRows,
    cleanRows: _clean,
    quarantinedRows: _quarantined,
    notes,
    ...format
  } = inspection;
  await client.query(
    `update dataset_loads set state = 'ready', phase = 'ready', input_rows = $3, loaded_rows = $4, quarantined_rows = $5, rows_done = $4,
       bytes_done = bytes_total, notes = $6, error = null, finished_at = now(), updated_at = now()
     where tenant_id = $1 and version_id = $2`,
    [tenantId, versionId, inputRows, loaded, quarantined, JSON.stringify(notes)],
  );
  await client.query(
    `update dataset_versions set row_count = $3, format = $4, content_sha256 = $5 where tenant_id = $1 and id = $2`,
    [tenantId, versionId, loaded, JSON.stringify(format), contentSha256],
  );
}

async function makeCurrent(
  client: pg.PoolClient,
  { identity: { tenantId }, datasetId, versionId }: VersionToPublish,
): Promise<void> {
  // The declared indexes, and then, with the dataset locked for the moment that is left, those declared meanwhile: whoever
  // declares one after that waits for the lock, and the job that makes it finds this version current.
  await client.query('select app.index_version($1)', [versionId]);
  await client.query('select from datasets where tenant_id = $1 and id = $2 for update', [tenantId, datasetId]);
  await client.query('select app.index_version($1)', [versionId]);
  await client.query(
    `update dataset_versions set state = 'ready', published_at = now() where tenant_id = $1 and id = $2`,
    [tenantId, versionId],
  );
  await client.query('select app.make_current($1)', [versionId]);
}
