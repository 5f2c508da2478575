import { type Database, type Member, onUserSnapshot } from '@granary/db';
import { columnType, csvOptions, type ExportManifest, planRows, readOnce } from '@granary/domain';
import type pg from 'pg';
import { findDecimals } from '../writing/find-decimals.ts';
import type { FlowingColumn } from '../writing/protocol.ts';
import { sendRows } from '../writing/rows-source.ts';
import type { Writer } from '../writing/writer.ts';
import { yieldToOthers } from '../writing/yield-to-others.ts';
import type { WantedExport } from './find-export.ts';
import { storedAs } from './stored-as.ts';

interface WriteOptions {
  readonly writer: Writer;
  readonly target: string;
  readonly signal: AbortSignal;
  onRows(rows: number): void;
}

/** Writes the rows of one snapshot, read with the user's rights, into a file; returns what the manifest says of it. */
export function writeExport(
  database: Database,
  identity: Member,
  wanted: WantedExport,
  { writer, target, signal, onRows }: WriteOptions,
): Promise<{ manifest: ExportManifest }> {
  const { datasetId, versionId, version, format, request } = wanted;
  return onUserSnapshot(database, identity, { permission: 'dataset:read', datasetId, version }, async (client) => {
    const { changeSet, columns } = await readCatalogue(client, versionId);
    const catalogue = { versionId, number: version, columns, ...readOnce };
    const plan = planRows(catalogue, { ...request, limit: 1 });
    const byName = new Map(columns.map((column) => [column.name, column]));
    const chosen = plan.selected.map(({ name }) => byName.get(name) ?? { ...rowid, name });
    const needsDecimals = format === 'parquet' || format === 'arrow';
    const numerics = needsDecimals ? chosen.filter(({ type }) => type === 'numeric') : [];
    const decimals = await findDecimals(client, versionId, numerics);
    const flowing: FlowingColumn[] = chosen.map(({ name, originalName, type }) => ({
      name,
      originalName,
      type,
      decimal: decimals.get(name) ?? null,
    }));
    const csv = csvOptions.parse(request.csv ?? {});
    const { rows } = await yieldToOthers(database, client, signal, (yielding) =>
      writer.write(
        { type: 'write', format, csv, target },
        {
          skip: plan.terms.length,
          columns: flowing,
          fill: (sink) => sendRows(client, { plan, version: catalogue, signal: yielding, onRows }, sink),
        },
      ),
    );
    return {
      manifest: {
        dataset: { id: datasetId, name: wanted.datasetName },
        version,
        versionId,
        changeSet,
        format,
        fileName: `${wanted.datasetName}-v${version}.${format}`,
        rows,
        bytes: null,
        sha256: null,
        columns: flowing.map((column) => ({
          name: column.name,
          originalName: column.originalName,
          type: column.type,
          storedAs: storedAs(format, column),
        })),
        filter: request.filter,
        order: request.order,
        csv: format === 'csv' ? csv : null,
        createdAt: new Date().toISOString(),
      },
    };
  });
}

const rowid = { originalName: 'rowid', type: 'bigint', chunk: 1 } as const;

async function readCatalogue(client: pg.PoolClient, versionId: string) {
  const versions = await client.query<{ changeSet: number }>(
    'select change_count as "changeSet" from dataset_versions where id = $1',
    [versionId],
  );
  const { rows } = await client.query<{ name: string; originalName: string; type: string; chunk: number }>(
    'select name, original_name as "originalName", type, chunk from dataset_columns where version_id = $1 order by position',
    [versionId],
  );
  const columns = rows.map((row) => ({ ...row, type: columnType.parse(row.type) }));
  return { changeSet: versions.rows[0]?.changeSet ?? 0, columns };
}
