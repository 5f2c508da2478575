import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { mailValidity } from '../mail-validity.ts';
import { refuseGuessable } from '../passwords/refuse-guessable.ts';
import { email, newPassword, personName, username } from '../schema.ts';
import { limitAttempts } from '../sign-in-limits.ts';

export const register = defineIdentityAction({
  name: 'users.register',
  summary: 'Ask for an account; the answer is the same whether the address has one, and a mail says how to go on',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/registrations' },
  input: z.object({
    email,
    password: newPassword,
    username: username.optional(),
    name: personName.default(''),
  }),
  output: z.object({ status: z.literal('mail_sent') }),
  async prepare({ caller, services }, wanted) {
    await limitAttempts(services.throttle, caller, wanted.email);
    await refuseGuessable(wanted.password, [wanted.email, wanted.name, wanted.username ?? '']);
    return services.passwords.hash(wanted.password);
  },
  async run({ db, prepared: password }, wanted) {
    await sql`select app.register(${wanted.email}, ${wanted.username ?? null}, ${wanted.name}, ${password},
      ${mailValidity.activation}::interval)`.execute(db);
    return { status: 'mail_sent' } as const;
  },
});
