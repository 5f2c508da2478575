import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { refuseGuessable } from '../identity/passwords/refuse-guessable.ts';
import { findUser } from '../identity/people/find-user.ts';
import { user } from '../identity/people/schema.ts';
import { newPassword } from '../identity/schema.ts';

export const setPersonPassword = defineOperatorAction({
  name: 'operator.setPassword',
  summary: 'Set a password for somebody and activate them; ends every session of theirs, and a mail tells them',
  kind: 'mutation',
  input: z.object({ userId: z.uuid(), password: newPassword }),
  output: user,
  person: ({ id }) => id,
  async prepare({ services, read }, { userId, password }) {
    const { email, name, username } = await read((db) => findUser(db, userId));
    await refuseGuessable(password, [email, name, username ?? '']);
    return services.passwords.hash(password);
  },
  async run({ db, prepared: hash }, { userId }) {
    await sql`select app.set_user_password(${userId}::uuid, ${hash})`.execute(db);
    return findUser(db, userId);
  },
});
