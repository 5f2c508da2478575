import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { checkOwnPassword } from '../account/check-own-password.ts';
import { newPassword } from '../schema.ts';
import { refuseGuessable } from './refuse-guessable.ts';

export const changePassword = defineIdentityAction({
  name: 'users.changePassword',
  summary: 'Change one’s password; ends every other session',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'PUT', path: '/v1/user/password' },
  input: z.object({ currentPassword: z.string().min(1).max(200), newPassword }),
  output: z.object({ status: z.literal('changed') }),
  async prepare(context, input) {
    const email = await checkOwnPassword(context, input.currentPassword);
    await refuseGuessable(input.newPassword, [email]);
    return context.services.passwords.hash(input.newPassword);
  },
  async run({ db, prepared: hash }) {
    await sql`select app.change_password(${hash})`.execute(db);
    return { status: 'changed' } as const;
  },
});
