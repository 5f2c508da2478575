import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { refuseGuessable } from '../identity/passwords/refuse-guessable.ts';
import { findUser } from '../identity/people/find-user.ts';
import { user } from '../identity/people/schema.ts';
import { email, newPassword, personName, username } from '../identity/schema.ts';

export const createPerson = defineOperatorAction({
  name: 'operator.createPerson',
  summary: 'Make an account with a password, for somebody who needs no mail',
  kind: 'mutation',
  input: z.object({ email, password: newPassword, username: username.optional(), name: personName.default('') }),
  output: user,
  person: ({ id }) => id,
  async prepare({ services }, wanted) {
    await refuseGuessable(wanted.password, [wanted.email, wanted.name, wanted.username ?? '']);
    return services.passwords.hash(wanted.password);
  },
  async run({ db, event, prepared: hash }, wanted) {
    const { rows } = await sql<{ id: string }>`
      select app.create_user(${wanted.email}, ${wanted.username ?? null}, ${wanted.name}, null) as id`.execute(db);
    const userId = rows[0]!.id;
    await sql`select app.set_user_password(${userId}::uuid, ${hash})`.execute(db);
    event.note({ email: wanted.email, username: wanted.username });
    return findUser(db, userId);
  },
});
