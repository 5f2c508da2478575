import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';

export const transferOwnership = defineMutation({
  name: 'organization.transferOwnership',
  summary: 'Hand the active organization over to another member; one stays as an administrator',
  access: 'organization:delete',
  rest: { method: 'PUT', path: '/v1/organization/owner' },
  input: z.object({ userId: z.uuid() }),
  output: z.object({ userId: z.uuid() }),
  audit: { entityType: 'organization', entityId: () => null, details: ({ userId }) => ({ userId }) },
  async run({ db }, { userId }) {
    await sql`select app.transfer_ownership(${userId}::uuid)`.execute(db);
    return { userId };
  },
});
