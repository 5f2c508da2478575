import type { TextRow } from '@granary/db';
import type { Compilable } from 'kysely';
import type { QueryContext } from '../actions/define-action.ts';
import type { CatalogueVersion } from './catalogue-memory.ts';
import { noSuchDataset } from './no-such-dataset.ts';
import { catalogueKey, readCatalogue } from './version-catalogue.ts';
import type { VersionName } from './version-query.ts';

export interface ReadPlan {
  /** On the tables of the version. */
  readonly page: Compilable<unknown>;
  /** False where the rows have to be sorted: no index has their order. */
  readonly isServed?: boolean;
}

/** Sorting so many costs less than another round trip. */
const fewRows = 2_000;

export interface VersionRead<Plan extends ReadPlan> {
  readonly version: CatalogueVersion;
  readonly plan: Plan;
  readonly rows: readonly TextRow[];
}

/**
 * Reads rows of a version in one round trip. The query is built from what this process remembers of the version, and travels
 * together with the question which version the caller may read: when the answers disagree, once more with what the database
 * said. `plan` may throw DomainError for what the version does not have; nobody is told before they are known to have access.
 */
export async function readVersion<Plan extends ReadPlan>(
  { reader, identity: { tenantId }, catalogue }: QueryContext,
  { datasetId, version: name }: { readonly datasetId: string; readonly version?: VersionName | undefined },
  plan: (version: CatalogueVersion) => Plan,
): Promise<VersionRead<Plan>> {
  const key = catalogueKey(datasetId, name);
  const remembered = catalogue.recall(key);
  if (remembered) {
    const read = await tryRemembered(reader, { datasetId, version: name ?? null }, remembered, plan);
    if (read !== 'stale') return read;
    catalogue.forget(key);
  }
  const version = await readCatalogue(reader, catalogue, tenantId, datasetId, name);
  const planned = plan(version);
  const { versionId, rows } = await reader.dataset({ datasetId, version: version.number }, planned.page);
  if (versionId !== version.versionId) throw noSuchDataset(); // lost or deleted since the catalogue was read
  return { version, plan: planned, rows };
}

async function tryRemembered<Plan extends ReadPlan>(
  reader: QueryContext['reader'],
  ids: { datasetId: string; version: VersionName | null },
  version: CatalogueVersion,
  plan: (version: CatalogueVersion) => Plan,
): Promise<VersionRead<Plan> | 'stale'> {
  let planned: Plan;
  try {
    planned = plan(version);
  } catch {
    return 'stale'; // not before the caller is known to have access may an error speak of columns
  }
  // what costs a sort is worth asking whether there is an index by now
  if (planned.isServed === false && version.rows > fewRows) return 'stale';
  try {
    const { versionId, rows } = await reader.dataset(ids, planned.page);
    return versionId === version.versionId ? { version, plan: planned, rows } : 'stale';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42P01') return 'stale'; // its table was dropped
    throw error;
  }
}
