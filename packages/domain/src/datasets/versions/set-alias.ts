import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { versionNumber } from '../changes/schema.ts';
import { aliasName } from '../schema.ts';

export const setAlias = defineMutation({
  name: 'datasets.setAlias',
  summary: 'Name a version, or move a name to it; while it has one it is kept as it is, and a change goes to a copy',
  access: 'dataset:write',
  rest: { method: 'PUT', path: '/v1/datasets/{datasetId}/aliases/{name}' },
  input: z.object({ datasetId: z.uuid(), name: aliasName, version: versionNumber }),
  output: z.object({ name: z.string(), version: z.int() }),
  audit: {
    entityType: 'dataset',
    entityId: ({ datasetId }) => datasetId,
    details: ({ name, version }) => ({ name, version }),
  },
  async run({ db }, { datasetId, name, version }) {
    await sql`select app.set_alias(${datasetId}::uuid, ${name}, ${version}::integer)`.execute(db);
    return { name, version };
  },
});
