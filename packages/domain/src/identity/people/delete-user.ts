import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';

export const deleteUser = defineIdentityAction({
  name: 'users.delete',
  summary: 'Delete a person who has left every organization; what they made stays, without a name',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'DELETE', path: '/v1/users/{userId}' },
  input: z.object({ userId: z.uuid() }),
  output: z.object({ userId: z.uuid() }),
  person: ({ userId }) => userId,
  async run({ db }, { userId }) {
    await sql`select app.delete_user(${userId}::uuid)`.execute(db);
    return { userId };
  },
});
