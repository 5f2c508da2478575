import type { IdentityDb } from '@granary/db';
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
  output: z.object({ status: z.literal('changed') }),
  async prepare({ caller: { userId }, services, read }, input) {
    const account = await read((db) => findAccount(db, userId));
    await services.throttle.attempt(accountKey(userId), accountLimit);
    if (!(await services.passwords.verify(account?.password ?? null, input.currentPassword)))
      throw new DomainError('forbidden', 'the current password is wrong');
    await services.throttle.forgive(accountKey(userId), accountLimit);
    await refuseGuessable(input.newPassword, [account?.email ?? '']);
    return services.passwords.hash(input.newPassword);
  },
  async run({ caller: { userId, tokenId }, db, prepared: hash }) {
    await sql`select app.set_password(${userId}::uuid, ${hash},
      (select session_id from identity.session_tokens where id = ${tokenId}::uuid))`.execute(db);
    return { status: 'changed' } as const;
  },
});

const findAccount = (db: IdentityDb, userId: string) =>
  db
    .selectFrom('identity.accounts as a')
    .innerJoin('users as u', 'u.id', 'a.user_id')
    .select(['a.password', 'u.email'])
    .where('a.user_id', '=', userId)
    .where('a.provider_id', '=', 'password')
    .executeTakeFirst();
