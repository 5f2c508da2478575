import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { hashToken } from '../opaque-token.ts';
import { mailedToken } from '../schema.ts';

export const changeEmail = defineIdentityAction({
  name: 'users.changeEmail',
  summary: 'Take the new address, with the link that was mailed to it; the former one is told',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/email-changes' },
  input: z.object({ token: mailedToken }),
  output: z.object({ userId: z.uuid() }),
  person: ({ userId }) => userId,
  async run({ db }, { token }) {
    const { rows } = await sql<{ id: string }>`select app.change_email(${hashToken(token)}) as id`.execute(db);
    return { userId: rows[0]!.id };
  },
});
