import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { checkOwnPassword } from './check-own-password.ts';

export const deleteAccount = defineIdentityAction({
  name: 'users.deleteOwn',
  summary: 'Delete one’s own account, after leaving every organization; needs the password once more',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/user/deletion' },
  input: z.object({ currentPassword: z.string().min(1).max(200) }),
  output: z.object({ status: z.literal('deleted') }),
  prepare: (context, { currentPassword }) => checkOwnPassword(context, currentPassword),
  async run({ db, caller: { userId }, held }) {
    await sql`select app.delete_user(${userId}::uuid)`.execute(db);
    held.end();
    return { status: 'deleted' } as const;
  },
});
