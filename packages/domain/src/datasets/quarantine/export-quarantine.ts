import { type Member, readAsUser, type TextRow } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { type ActionDependencies, executeAction } from '../../actions/execute-action.ts';
import { MasterKeys } from '../../encryption/master-keys.ts';
import { unsealRows } from '../../encryption/unseal-rows.ts';
import type { ColumnType } from '../column-types.ts';
import { selectDataset } from '../dataset-query.ts';
import { gone, nextLimit } from '../export-rows.ts';
import { noSuchVersion } from '../missing-version.ts';
import { noSuchDataset } from '../no-such-dataset.ts';
import { readTooLong } from '../read-too-long.ts';
import { versionName } from '../schema.ts';
import { selectVersion } from '../version-query.ts';
import { quarantineFilter } from './schema.ts';
import { holdsSealedText, selectQuarantine } from './select-quarantine.ts';

/** What of a row is exported, in this order; version, number and revision are what a correction names. */
export const quarantineColumns = [
  { name: 'version', type: 'bigint' },
  { name: 'number', type: 'bigint' },
  { name: 'revision', type: 'bigint' },
  { name: 'line', type: 'bigint' },
  { name: 'byteOffset', type: 'bigint' },
  { name: 'state', type: 'text' },
  { name: 'column', type: 'text' },
  { name: 'reason', type: 'text' },
  { name: 'raw', type: 'text' },
  { name: 'correction', type: 'text' },
  { name: 'dismissal', type: 'text' },
] as const satisfies readonly { readonly name: string; readonly type: ColumnType }[];

/**
 * The part of an export of quarantined rows that is an action: whether the caller may, of which version, and the audit
 * event, which says whether text was unsealed. Not in the registry, because what it begins is a stream.
 */
export const beginQuarantineExport = defineMutation({
  name: 'datasets.exportQuarantine',
  summary: 'Export the rows of the file that did not fit as CSV, with reasons and corrections',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/quarantine.csv' },
  input: z.object({ datasetId: z.uuid(), version: versionName.optional(), ...quarantineFilter }),
  output: z.object({
    datasetName: z.string(),
    versionId: z.uuid(),
    version: z.int(),
    unseals: z.boolean().meta({ description: 'There is sealed text, and the caller may read it' }),
  }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ column, reason, state }, { version, unseals }) => ({
      version,
      filtered: (column ?? reason ?? state) !== undefined,
      unseals,
    }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, version }) {
    const wanted = selectVersion(tenantId, datasetId, version);
    const [found] = (
      await db.executeQuery(
        wanted.select(sql<boolean>`v.identifiers <> '{}' and app.may_access_dataset(d.id, 'admin')`.as('unseals')),
      )
    ).rows;
    const [dataset] = (await db.executeQuery(selectDataset(tenantId, datasetId))).rows;
    if (!dataset) throw noSuchDataset();
    if (!found) throw noSuchVersion(datasetId, version);
    return {
      datasetName: dataset.name,
      versionId: found.id,
      version: found.number,
      unseals: found.unseals,
    };
  },
});

export interface QuarantineExport {
  readonly datasetName: string;
  readonly version: number;
  readonly columns: typeof quarantineColumns;
  /** Throws when the caller may no longer read them, or the version is deleted meanwhile. */
  readonly pages: AsyncGenerator<TextRow[]>;
}

/**
 * Begins an export of quarantined rows. Every page is a read of its own, authorised anew; a row that somebody decides about
 * meanwhile is as it is when its page is read. Throws DomainError.
 */
export async function exportQuarantine(
  dependencies: ActionDependencies,
  identity: Member,
  input: unknown,
): Promise<QuarantineExport> {
  const begun = beginQuarantineExport.output.parse(
    await executeAction(dependencies, beginQuarantineExport, identity, input),
  );
  const request = beginQuarantineExport.input.parse(input);
  return { ...begun, columns: quarantineColumns, pages: readPages(dependencies, identity, begun, request) };
}

async function* readPages(
  { database, masterKeys = MasterKeys.none }: ActionDependencies,
  identity: Member,
  { versionId, version }: z.output<typeof beginQuarantineExport.output>,
  { datasetId, version: _name, ...filter }: z.output<typeof beginQuarantineExport.input>,
): AsyncGenerator<TextRow[]> {
  const { tenantId } = identity;
  const reader = readAsUser(database, identity, 'dataset:read');
  const wanted = selectVersion(tenantId, datasetId, version);
  let limit = 64;
  for (let cursor = 0; ; ) {
    const [rows, [still]] = await reader
      .together(selectQuarantine(tenantId, wanted, filter, cursor).limit(limit), wanted.select(holdsSealedText))
      .catch(readTooLong);
    if (still?.id !== versionId) throw gone();
    const { isSealed } = still;
    const page = await unsealRows(reader, masterKeys, { tenantId, datasetId, versionId, isSealed }, rows);
    const cells = page.map((row) =>
      quarantineColumns.map(({ name }) => {
        const value = name === 'version' ? version : row[name];
        return value === null ? null : String(value);
      }),
    );
    if (cells.length > 0) yield cells;
    if (rows.length < limit) return;
    cursor = rows.at(-1)!.number;
    limit = nextLimit(limit, cells);
  }
}
