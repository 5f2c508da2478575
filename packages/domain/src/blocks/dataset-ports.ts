import { query, type TenantDb } from '@granary/db';
import { z } from 'zod';
import { DomainError } from '../errors/domain-error.ts';
import { type Port, port } from '../ports/schema.ts';

export interface DatasetPorts {
  readonly number: number;
  readonly versionId: string;
  readonly outputs: Port[];
}

const found = z.object({ id: z.uuid(), number: z.int() });

/**
 * The port that a dataset's version has: `rows`, with its columns, each of which may be empty. Of the version with this number, or
 * of the current one. Throws DomainError not_found, precondition where nothing was loaded yet.
 */
export async function datasetPorts(
  db: TenantDb,
  tenantId: string,
  datasetId: string,
  version: number | undefined,
): Promise<DatasetPorts> {
  const dataset = await db
    .selectFrom('datasets')
    .select('current_version_id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', datasetId)
    .executeTakeFirst();
  if (!dataset) throw new DomainError('not_found', 'no such dataset');
  if (version === undefined && dataset.current_version_id === null)
    throw new DomainError('precondition', 'nothing was loaded into this dataset yet');
  const target = await db
    .selectFrom('dataset_versions')
    .select(['id', 'number'])
    .where('tenant_id', '=', tenantId)
    .where('dataset_id', '=', datasetId)
    .$if(version !== undefined, (q) => q.where('number', '=', version!))
    .$if(version === undefined, (q) => q.where('id', '=', dataset.current_version_id))
    .executeTakeFirst();
  if (!target) throw new DomainError('not_found', `the dataset has no version ${version}`);
  const { id: versionId, number } = found.parse(target);
  const columns = await db.executeQuery(
    query
      .selectFrom('dataset_columns')
      .select(['name', 'type'])
      .where('tenant_id', '=', tenantId)
      .where('version_id', '=', versionId)
      .orderBy('position')
      .compile(),
  );
  const outputs = [port.parse({ name: 'rows', columns: columns.rows.map((each) => ({ ...each, nullable: true })) })];
  return { number, versionId, outputs };
}
