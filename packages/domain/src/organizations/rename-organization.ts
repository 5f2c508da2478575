import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const renameOrganization = defineMutation({
  name: 'organization.rename',
  summary: 'Rename the active organization',
  access: 'organization:write',
  rest: { method: 'PATCH', path: '/v1/organization' },
  input: z.object({ name: z.string().trim().min(1).max(200) }),
  output: z.object({ id: z.uuid(), name: z.string() }),
  audit: { entityType: 'organization', entityId: (_input, { id }) => id, details: ({ name }) => ({ name }) },
  run: ({ db, identity: { tenantId } }, { name }) =>
    db
      .updateTable('organizations')
      .set({ name })
      .where('id', '=', tenantId)
      .returning(['id', 'name'])
      .executeTakeFirstOrThrow(),
});
