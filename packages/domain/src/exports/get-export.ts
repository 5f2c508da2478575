import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { noSuchExport } from './no-such-export.ts';
import { datasetExport, exportManifest } from './schema.ts';
import { selectExports } from './select-exports.ts';

export const getExport = defineQuery({
  name: 'datasets.exportStatus',
  summary: 'How far an export of yours is, or how it ended, with its manifest',
  access: 'dataset:read',
  rest: { method: 'GET', path: '/v1/datasets/{datasetId}/exports/{exportId}' },
  input: z.object({ datasetId: z.uuid(), exportId: z.uuid() }),
  output: datasetExport.extend({ manifest: exportManifest.nullable() }).meta({ id: 'ExportWithManifest' }),
  async run({ reader, identity: { tenantId } }, { datasetId, exportId }) {
    const [found] = await reader.rows(
      selectExports(tenantId, datasetId).select('e.manifest').where('e.id', '=', exportId),
    );
    if (!found) throw noSuchExport();
    return { ...datasetExport.parse(found), manifest: exportManifest.nullable().parse(found.manifest) };
  },
});
