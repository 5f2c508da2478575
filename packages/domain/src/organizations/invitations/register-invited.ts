import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { hashToken } from '../../identity/opaque-token.ts';
import { refuseGuessable } from '../../identity/passwords/refuse-guessable.ts';
import { mailedToken, newPassword, personName, username } from '../../identity/schema.ts';
import { limitAttempts } from '../../identity/sign-in-limits.ts';

export const registerInvited = defineIdentityAction({
  name: 'invitations.register',
  summary: 'Open an account with the link of an invitation, which accepts it; also while registration is closed',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/invitations/registrations' },
  input: z.object({
    token: mailedToken,
    password: newPassword,
    username: username.optional(),
    name: personName.default(''),
  }),
  output: z.object({ userId: z.uuid(), organizationId: z.uuid() }),
  person: ({ userId }) => userId,
  async prepare({ caller, services }, { token, password, name, username: named = '' }) {
    await limitAttempts(services.throttle, caller, `invited ${token}`);
    await refuseGuessable(password, [name, named]);
    return services.passwords.hash(password);
  },
  async run({ db, event, services: { membership }, prepared: password }, { token, username: named, name }) {
    const { rows } = await sql<{ userId: string; organizationId: string }>`
      select person as "userId", organization as "organizationId" from app.register_invited(${hashToken(token)},
        ${named ?? null}, ${name}, ${password}, ${membership?.tenantId ?? null}::uuid, ${membership?.role ?? null})`.execute(
      db,
    );
    const opened = rows[0]!;
    event.in(opened.organizationId);
    return opened;
  },
});
