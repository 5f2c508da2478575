import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { mailValidity } from '../mail-validity.ts';
import { email } from '../schema.ts';
import { limitAttempts } from '../sign-in-limits.ts';

export const requestPasswordReset = defineIdentityAction({
  name: 'users.requestPasswordReset',
  summary: 'Have a link mailed that sets a new password; the answer tells nothing about the address',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/password-resets' },
  input: z.object({ email }),
  output: z.object({ status: z.literal('mail_sent') }),
  prepare: ({ caller, services }, { email: address }) => limitAttempts(services.throttle, caller, `reset ${address}`),
  async run({ db }, { email: address }) {
    await sql`select app.request_password_reset(${address}, ${mailValidity.passwordReset}::interval)`.execute(db);
    return { status: 'mail_sent' } as const;
  },
});
