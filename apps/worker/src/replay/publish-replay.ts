import { asUserOnConnection, type Database, type Member, onSystemConnection } from '@granary/db';
import { toDomainError } from '@granary/domain';
import type pg from 'pg';
import { describeColumns, fillTables, type PublishOptions } from '../load/publish-version.ts';
import type { FileReader } from '../reading/reader.ts';
import type { WantedReplay } from './find-replay.ts';
import type { RefusedRow, SpooledRows, TriedRow } from './spool-rows.ts';

/**
 * Puts the rows that fit into the current version, and the reasons of the others into quarantine, in one transaction:
 * killed at any instant, each row is in the dataset or in quarantine, and counted there. Returns false, having done nothing,
 * where another worker was faster. Throws DomainError conflict where a row was corrected, or the dataset changed its columns,
 * since the rows were read.
 */
export async function publishReplay(
  database: Database,
  identity: Member,
  { replayId, datasetId }: WantedReplay,
  { tried, refused }: SpooledRows,
  reader: FileReader,
  options: PublishOptions,
): Promise<boolean> {
  const unfit: RefusedRow[] = [];
  for await (const { line, reason, column } of reader.quarantine()) unfit.push({ ...tried[line - 1]!, reason, column });
  const unfitNumbers = new Set(unfit.map(({ number }) => number));
  const clean = tried.filter(({ number }) => !unfitNumbers.has(number));
  if (clean.length !== reader.inspection.cleanRows)
    throw new Error(`rows went missing: ${clean.length} of the tried fit, and ${reader.inspection.cleanRows} came`);
  try {
    return await onSystemConnection(database, 'replay: publish', async (client) => {
      const asUser = <T>(work: () => Promise<T>) => asUserOnConnection(client, identity, 'dataset:write', work);
      const begun = await asUser(() =>
        client.query<{ scratch: string | null }>('select app.begin_replay($1) as scratch', [replayId]),
      );
      const versionId = begun.rows[0]?.scratch ?? null;
      if (versionId === null) return false;
      const version = { identity, datasetId, versionId, mode: 'append' as const };
      const apart = clean.length === 0 ? [] : await fillScratch(client, version, clean, reader, options);
      const gone = new Set(apart.map(({ number }) => number));
      const rows = clean.filter(({ number }) => !gone.has(number));
      await options.onStep('merging');
      await asUser(() =>
        client.query('select app.finish_replay($1, $2, $3, $4, $5)', [
          replayId,
          versionId,
          rows.map(({ number }) => number),
          rows.map(({ revision }) => revision),
          JSON.stringify([...refused, ...unfit, ...apart]),
        ]),
      );
      await options.onStep('merged');
      return true;
    });
  } catch (error) {
    throw toDomainError(error);
  }
}

/** Fills the scratch tables as a load fills its own; returns the rows that no version can take as it is. */
async function fillScratch(
  client: pg.PoolClient,
  version: Parameters<typeof fillTables>[1],
  clean: readonly TriedRow[],
  reader: FileReader,
  options: PublishOptions,
): Promise<RefusedRow[]> {
  await fillTables(client, version, reader, options);
  await describeColumns(client, version, reader);
  const { rows } = await client.query<{ row: string; column: string; reason: string }>(
    'select row_number as row, column_name as column, reason from app.set_apart($1)',
    [version.versionId],
  );
  return rows.map(({ row, column, reason }) => ({ ...clean[Number(row) - 1]!, column, reason }));
}
