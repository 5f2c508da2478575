import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { newPassword } from '../schema.ts';
import { accountKey, accountLimit } from '../sign-in-limits.ts';
import { refuseGuessable } from './refuse-guessable.ts';

export const changePassword = defineIdentityAction({
  name: 'users.changePassword',
  summary: 'Change one’s password; ends every other session',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'PUT', path: '/v1/user/password' },
  input: z.object({ currentPassword: z.string().min(1).max(200), newPassword }),
  output: z.object({}),
  async run({ caller: { userId, tokenId }, db, services }, input) {
    await services.throttle.attempt(accountKey(userId), accountLimit);
    const account = await db
      .selectFrom('identity.accounts')
      .select('password')
      .where('user_id', '=', userId)
      .where('provider_id', '=', 'password')
      .executeTakeFirst();
    if (!(await services.passwords.verify(account?.password ?? null, input.currentPassword)))
      throw new DomainError('forbidden', 'the current password is wrong');
    const { email } = await db.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
    await refuseGuessable(input.newPassword, [email]);
    const hash = await services.passwords.hash(input.newPassword);
    await sql`select app.set_password(${userId}::uuid, ${hash},
      (select session_id from identity.session_tokens where id = ${tokenId}::uuid))`.execute(db);
    await services.throttle.forgive(accountKey(userId), accountLimit);
    return {};
  },
});
