import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { hashToken } from '../opaque-token.ts';
import { mailedToken, newPassword } from '../schema.ts';
import { limitAttempts } from '../sign-in-limits.ts';
import { refuseGuessable } from './refuse-guessable.ts';

export const resetPassword = defineIdentityAction({
  name: 'users.resetPassword',
  summary: 'Set a new password with the link that was mailed; ends every session',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/password-resets/complete' },
  input: z.object({ token: mailedToken, password: newPassword }),
  output: z.object({ userId: z.uuid() }),
  person: ({ userId }) => userId,
  async prepare({ caller, services }, { token, password }) {
    await limitAttempts(services.throttle, caller, `reset with ${token}`); // a hash takes long, whether the link is good or not
    await refuseGuessable(password, []);
    return services.passwords.hash(password);
  },
  async run({ db, prepared: hash }, { token }) {
    const { rows } = await sql<{ id: string }>`select app.reset_password(${hashToken(token)}, ${hash}) as id`.execute(
      db,
    );
    return { userId: rows[0]!.id };
  },
});
