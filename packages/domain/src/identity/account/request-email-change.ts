import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { mailValidity } from '../mail-validity.ts';
import { email } from '../schema.ts';
import { checkOwnPassword } from './check-own-password.ts';

export const requestEmailChange = defineIdentityAction({
  name: 'users.requestEmailChange',
  summary: 'Have a link mailed to a new address; following it makes the address one’s own',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/user/email-changes' },
  input: z.object({ email, currentPassword: z.string().min(1).max(200) }),
  output: z.object({ status: z.literal('mail_sent') }),
  prepare: (context, { currentPassword }) => checkOwnPassword(context, currentPassword),
  async run({ db, event }, { email: address }) {
    event.note({ to: address });
    await sql`select app.request_email_change(${address}, ${mailValidity.emailChange}::interval)`.execute(db);
    return { status: 'mail_sent' } as const;
  },
});
