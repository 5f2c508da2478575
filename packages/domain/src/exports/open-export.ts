import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { redirectOption } from '../object-store/redirect-option.ts';
import { noSuchExport } from './no-such-export.ts';
import { exportFormat, exportManifest } from './schema.ts';
import { selectExports } from './select-exports.ts';

/**
 * The part of a download that is an action: whether the caller may (still) have the file of an export, and the audit
 * event. Not in the registry, because what it opens is a stream.
 */
export const openExport = defineMutation({
  name: 'datasets.exportFile',
  summary: 'Download the file of an export of yours',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/exports/{exportId}/file' },
  input: z.object({ datasetId: z.uuid(), exportId: z.uuid(), redirect: redirectOption }),
  output: z.object({
    version: z.int(),
    format: exportFormat,
    sha256: z.string(),
    bytes: z.int(),
    fileName: z.string(),
  }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ exportId }, { version, sha256 }) => ({ exportId, version, sha256 }),
  },
  async run({ db, identity: { tenantId } }, { datasetId, exportId }) {
    const selected = selectExports(tenantId, datasetId).select('e.manifest').where('e.id', '=', exportId);
    const [found] = (await db.executeQuery(selected)).rows;
    if (!found) throw noSuchExport();
    if (found.state === 'expired') throw new DomainError('not_found', 'the file of this export has expired');
    if (found.state !== 'ready' || found.sha256 === null || found.bytes === null) {
      throw new DomainError('precondition', `the export is ${found.state}, so that it has no file`, { exportId });
    }
    const { fileName } = exportManifest.parse(found.manifest);
    const format = exportFormat.parse(found.format);
    return { version: found.version, format, sha256: found.sha256, bytes: found.bytes, fileName };
  },
});
