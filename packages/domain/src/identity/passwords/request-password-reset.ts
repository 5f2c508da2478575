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
  async run({ db, event }, { email: address }) {
    const { rows } = await sql<{ person: string | null; home: string | null }>`
      select person, app.home_of(person) as home
      from app.request_password_reset(${address}, ${mailValidity.passwordReset}::interval) as person`.execute(db);
    event.about(rows[0]?.person ?? null);
    event.in(rows[0]?.home ?? null);
    return { status: 'mail_sent' } as const;
  },
});
