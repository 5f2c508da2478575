import { asUserOnConnection } from '@granary/db';
import { DomainError, toDomainError } from '@granary/domain';
import type pg from 'pg';
import type { QuarantinedRow } from '../reading/inspection.ts';
import type { PublishOptions, TableReader, VersionToPublish } from './publish-version.ts';

/**
 * Takes the rows out of a delivery's tables that cannot go into another version without losing or guessing something, and
 * finds them in the file again. Throws DomainError invalid where no row is left: then the file is the wrong one.
 */
export async function setRowsApart(
  client: pg.PoolClient,
  versionId: string,
  reader: TableReader,
): Promise<QuarantinedRow[]> {
  const { rows: apart } = await client.query<{ row: string; column: string; reason: string }>(
    'select row_number as row, column_name as column, reason from app.set_apart($1)',
    [versionId],
  );
  const { inputRows, cleanRows } = reader.inspection;
  if (inputRows > 0 && apart.length === cleanRows) {
    const first = apart[0] ?? (await firstOf(reader.quarantine()));
    throw new DomainError('invalid', `no row of the file fits the dataset${first ? `: ${first.reason}` : ''}`, {
      rows: inputRows,
      ...(first?.column && { column: first.column }),
    });
  }
  if (apart.length === 0) return [];
  const located = await reader.locate(apart.map(({ row }) => Number(row)));
  return located.map((row, index) => ({ ...row, column: apart[index]!.column, reason: apart[index]!.reason }));
}

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

/** Puts the rows into the version that is current now, as who asked for it. Throws DomainError where that may not be. */
export async function mergeDelivery(
  client: pg.PoolClient,
  { identity, versionId }: VersionToPublish,
  { onStep }: PublishOptions,
): Promise<void> {
  await onStep('merging');
  try {
    await asUserOnConnection(client, identity, 'dataset:write', () =>
      client.query('select app.merge_version($1)', [versionId]),
    );
  } catch (error) {
    throw toDomainError(error);
  }
  await onStep('merged');
}
