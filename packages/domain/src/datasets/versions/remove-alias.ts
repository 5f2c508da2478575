import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { aliasName } from '../schema.ts';

export const removeAlias = defineMutation({
  name: 'datasets.removeAlias',
  summary: 'Remove a name of a version',
  access: 'dataset:write',
  rest: { method: 'DELETE', path: '/v1/datasets/{datasetId}/aliases/{name}' },
  input: z.object({ datasetId: z.uuid(), name: aliasName }),
  output: z.object({ removed: z.literal(true) }),
  audit: { entityType: 'dataset', entityId: ({ datasetId }) => datasetId, details: ({ name }) => ({ name }) },
  async run({ db }, { datasetId, name }) {
    await sql`select app.remove_alias(${datasetId}::uuid, ${name})`.execute(db);
    return { removed: true as const };
  },
});
