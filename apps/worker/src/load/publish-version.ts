import { Readable } from 'node:stream';
import { type Database, onSystemConnection } from '@granary/db';
import type pg from 'pg';
import type { FileReader } from '../reading/reader.ts';
import { chunkColumns } from './chunk-columns.ts';
import { copyIn, csvField } from './copy-in.ts';

export interface VersionToPublish {
  readonly tenantId: string;
  readonly datasetId: string;
  readonly versionId: string;
}

/** Told before each step (of quarantine: after its first row), and awaited: what a test stops at, and what progress shows. */
export type PublishStep = 'copying' | 'indexing' | 'quarantine' | 'publishing';

export interface PublishOptions {
  readonly signal: AbortSignal;
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
  reader: FileReader,
  options: PublishOptions,
): Promise<boolean> {
  return onSystemConnection(database, 'load: publish', async (client) => {
    // A second worker, which took over while the first was only slow, waits here and then finds the work done.
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [version.versionId]);
    const { rows } = await client.query(
      `select from dataset_versions where tenant_id = $1 and id = $2 and state = 'loading'`,
      [version.tenantId, version.versionId],
    );
    if (rows.length === 0) return false;
    const loaded = await fillTables(client, version, reader, options);
    const quarantined = await fillQuarantine(client, version, reader, options);
    await options.onStep('publishing');
    await movePointer(client, version, reader, { loaded, quarantined });
    return true;
  });
}

async function fillTables(
  client: pg.PoolClient,
  { versionId }: VersionToPublish,
  { inspection, copyCsv, split }: FileReader,
  { signal, onStep, onCopied }: PublishOptions,
): Promise<number> {
  const chunkOf = chunkColumns(inspection.columns.map(({ type }) => type));
  const chunks = Map.groupBy(inspection.columns, (_, index) => chunkOf[index] ?? 1);
  await onStep('copying');
  if (chunks.size > 1) await split([...chunks.values()].map(({ length }) => length));
  const progress = { bytes: 0, rows: 0 };
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
    const counted = counting(stream, chunk === 1 ? progress : { bytes: 0, rows: 0 }, onCopied);
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
  return inspection.cleanRows;
}

function counting(
  stream: Readable,
  total: { bytes: number; rows: number },
  onCopied: PublishOptions['onCopied'],
): Readable {
  return Readable.from(
    (async function* () {
      for await (const piece of stream as AsyncIterable<Buffer>) {
        total.bytes += piece.length;
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
  version: VersionToPublish,
  reader: FileReader,
  { signal, onStep }: PublishOptions,
): Promise<number> {
  if (reader.inspection.quarantinedRows === 0) return 0;
  const { tenantId, datasetId, versionId } = version;
  const lines = Readable.from(
    (async function* () {
      let number = 0;
      for await (const { line, byteOffset, raw, reason, column } of reader.quarantine()) {
        number += 1;
        yield `${[tenantId, datasetId, versionId, number, line, byteOffset, raw, reason, column].map(csvField).join(',')}\n`;
        if (number === 1) await onStep('quarantine');
      }
    })(),
  );
  const command = `copy quarantined_rows (tenant_id, dataset_id, version_id, number, line, byte_offset, raw, reason, column_name) from stdin (format csv)`;
  return copyIn(client, command, lines, signal);
}

async function movePointer(
  client: pg.PoolClient,
  { tenantId, datasetId, versionId }: VersionToPublish,
  { inspection }: FileReader,
  { loaded, quarantined }: { loaded: number; quarantined: number },
): Promise<void> {
  const { columns, inputRows, cleanRows: _clean, quarantinedRows: _quarantined, notes, ...format } = inspection;
  const chunkOf = chunkColumns(columns.map(({ type }) => type));
  const rows = columns.map((column, position) => ({ ...column, position, chunk: chunkOf[position] }));
  await client.query(
    `insert into dataset_columns (tenant_id, dataset_id, version_id, position, chunk, name, original_name, type, evidence)
     select $1, $2, $3, c.position, c.chunk, c.name, c."originalName", c.type, c.evidence
     from jsonb_to_recordset($4) as c (position int, chunk smallint, name text, "originalName" text, type text, evidence jsonb)`,
    [tenantId, datasetId, versionId, JSON.stringify(rows)],
  );
  await client.query(
    `update dataset_loads set state = 'ready', phase = 'ready', input_rows = $3, loaded_rows = $4, quarantined_rows = $5, rows_done = $4,
       bytes_done = bytes_total, notes = $6, error = null, finished_at = now(), updated_at = now()
     where tenant_id = $1 and version_id = $2`,
    [tenantId, versionId, inputRows, loaded, quarantined, JSON.stringify(notes)],
  );
  await client.query(
    `update dataset_versions set state = 'ready', row_count = $3, format = $4, published_at = now() where tenant_id = $1 and id = $2`,
    [tenantId, versionId, loaded, JSON.stringify(format)],
  );
  // The declared indexes, and then, with the dataset locked for the moment that is left, those declared meanwhile: whoever
  // declares one after that waits for the lock, and the job that makes it finds this version current.
  await client.query('select app.index_version($1)', [versionId]);
  await client.query('select from datasets where tenant_id = $1 and id = $2 for update', [tenantId, datasetId]);
  await client.query('select app.index_version($1)', [versionId]);
  await client.query('select app.make_current($1)', [versionId]);
}
