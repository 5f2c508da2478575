import { query, type Reader } from '@granary/db';
import { sql } from 'kysely';
import type { CatalogueMemory, CatalogueVersion } from './catalogue-memory.ts';
import { missingVersion } from './missing-version.ts';
import { columnType } from './schema.ts';
import { selectVersion, type VersionName } from './version-query.ts';

export const catalogueKey = (datasetId: string, version?: VersionName): string =>
  `${datasetId}/${version ?? 'current'}`;

/** The version's columns from the database, remembered. Throws not_found where the caller may not read it. */
export async function readCatalogue(
  reader: Reader,
  memory: CatalogueMemory,
  tenantId: string,
  datasetId: string,
  name?: VersionName,
): Promise<CatalogueVersion> {
  const wanted = selectVersion(tenantId, datasetId, name);
  const [[found], columns, [indexes]] = await reader.together(
    wanted,
    query
      .selectFrom('dataset_columns')
      .select(['name', 'type', 'chunk'])
      .where('tenant_id', '=', tenantId)
      .where('version_id', 'in', wanted.clearSelect().select('v.id'))
      .orderBy('position'),
    wanted.clearSelect().select(sql<string[]>`app.indexed_columns(v.id)`.as('columns')),
  );
  if (found?.state !== 'ready') throw await missingVersion(reader, tenantId, datasetId, name);
  const version = {
    versionId: found.id,
    number: found.number,
    rows: found.rows ?? 0,
    indexed: indexes?.columns ?? [],
    columns: columns.map(({ name, chunk, type }) => ({ name, chunk, type: columnType.parse(type) })),
  };
  memory.remember(catalogueKey(datasetId, name), version);
  return version;
}
