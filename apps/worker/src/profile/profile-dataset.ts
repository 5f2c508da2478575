import { rm } from 'node:fs/promises';
import { type Database, onSystemConnection, onSystemSnapshot } from '@granary/db';
import { type ColumnType, columnStatistics, columnTypes, type JobInput } from '@granary/domain';
import type pg from 'pg';
import { makeWorkDirectory } from '../load/work-directories.ts';
import type { Log } from '../log.ts';
import type { JobContext } from '../queue/start-worker.ts';
import { findDecimals } from '../writing/find-decimals.ts';
import { copyOut } from '../writing/rows-source.ts';
import { openWriter, type Writer } from '../writing/writer.ts';
import { yieldToOthers } from '../writing/yield-to-others.ts';

export interface ProfileDependencies {
  readonly database: Database;
  readonly workDirectory: string;
  readonly log: Log;
}

interface ProfiledColumn {
  readonly position: number;
  readonly chunk: number;
  readonly name: string;
  readonly type: ColumnType;
}

/** Columns whose rows flow at once: few enough for one vector of each in the process that counts. */
const atOnce = 400;

/**
 * Computes the statistics of a version from its tables, in one snapshot, and replaces the ones before. As the worker itself,
 * because they belong to the dataset and not to whoever changed it; the SQL is ours alone. Does nothing for a version that
 * is gone.
 */
export async function profileDataset(
  { database, workDirectory: root, log }: ProfileDependencies,
  { datasetId, versionId }: JobInput<'dataset.profile'>,
  { identity, signal }: JobContext,
): Promise<void> {
  const { tenantId } = identity;
  const workDirectory = await makeWorkDirectory(root);
  const writer = openWriter(workDirectory, signal);
  try {
    const profile = await onSystemSnapshot(database, 'profile: rows', async (client) => {
      const version = await client.query<{ asOf: number; columns: ProfiledColumn[] | null }>(
        `select v.change_count as "asOf", (select json_agg(json_build_object('position', c.position, 'chunk', c.chunk, 'name', c.name, 'type', c.type) order by c.position)
           from dataset_columns c where c.tenant_id = v.tenant_id and c.version_id = v.id) as columns
         from dataset_versions v where v.tenant_id = $1 and v.dataset_id = $2 and v.id = $3 and v.state = 'ready'`,
        [tenantId, datasetId, versionId],
      );
      const [found] = version.rows;
      if (!found) return null;
      return yieldToOthers(database, client, signal, async (yielding) => ({
        asOf: found.asOf,
        statistics: await measure(client, writer, versionId, found.columns ?? [], yielding),
      }));
    });
    if (!profile) return log('nothing to profile', { versionId });
    await store(database, { tenantId, datasetId, versionId }, profile);
    log('profiled', { versionId, columns: profile.statistics.length, asOf: profile.asOf });
  } finally {
    await writer.close();
    await rm(workDirectory, { recursive: true, force: true });
  }
}

interface Measured {
  readonly position: number;
  readonly statistics: unknown;
}

async function measure(
  client: pg.PoolClient,
  writer: Writer,
  versionId: string,
  columns: readonly ProfiledColumn[],
  signal: AbortSignal,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  const decimals = await findDecimals(
    client,
    versionId,
    columns.filter(({ type }) => type === 'numeric'),
  );
  for (const [chunk, ofChunk] of Map.groupBy(columns, (column) => column.chunk)) {
    for (let start = 0; start < ofChunk.length; start += atOnce) {
      const part = ofChunk.slice(start, start + atOnce);
      // 1.50 and 1.5 are one value
      const list = part.map(({ name, type }) => (type === 'numeric' ? `trim_scale("${name}")` : `"${name}"`));
      const select = `select rowid, ${list.join(', ')} from data."v_${versionId.replaceAll('-', '')}_p${chunk}"`;
      const { statistics } = await writer.write(
        { type: 'profile' },
        {
          skip: 1,
          columns: part.map(({ name, type }) => ({
            name,
            originalName: name,
            type: columnTypes.find((each) => each === type) ?? 'text',
            decimal: decimals.get(name) ?? null,
          })),
          fill: (target) => copyOut(client, select, target, { signal, onRows: () => {} }),
        },
      );
      part.forEach(({ position }, at) => {
        measured.push({ position, statistics: columnStatistics.parse(statistics[at]) });
      });
    }
  }
  return measured;
}

async function store(
  database: Database,
  { tenantId, datasetId, versionId }: { tenantId: string; datasetId: string; versionId: string },
  { asOf, statistics }: { readonly asOf: number; readonly statistics: readonly Measured[] },
): Promise<void> {
  await onSystemConnection(database, 'profile: statistics', async (client) => {
    // two profiles of one version come one after the other, and the one of older rows does not replace the newer one
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 1))', [versionId]);
    await client.query('delete from dataset_statistics where tenant_id = $1 and version_id = $2 and as_of <= $3', [
      tenantId,
      versionId,
      asOf,
    ]);
    await client.query(
      `insert into dataset_statistics (tenant_id, dataset_id, version_id, position, as_of, statistics)
       select v.tenant_id, v.dataset_id, v.id, m.position, $4, m.statistics
       from dataset_versions v, jsonb_to_recordset($5) as m (position int, statistics jsonb)
       where v.tenant_id = $1 and v.dataset_id = $2 and v.id = $3 and v.state = 'ready'
       on conflict do nothing`,
      [tenantId, datasetId, versionId, asOf, JSON.stringify(statistics)],
    );
  });
}
