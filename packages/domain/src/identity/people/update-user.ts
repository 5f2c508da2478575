import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { personName, username } from '../schema.ts';
import { findUser } from './find-user.ts';
import { user } from './schema.ts';

export const updateUser = defineIdentityAction({
  name: 'users.update',
  summary: 'Change the names of a person, for who runs the installation',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'PATCH', path: '/v1/users/{userId}' },
  input: z.object({ userId: z.uuid(), username: username.nullable().optional(), name: personName.optional() }),
  output: user,
  person: ({ id }) => id,
  async run({ db, event }, { userId, ...wanted }) {
    event.note(wanted);
    const former = await findUser(db, userId);
    const { username: named, name } = { username: former.username, name: former.name, ...wanted };
    await sql`select app.update_user(${userId}::uuid, ${named}, ${name})`.execute(db);
    return findUser(db, userId);
  },
});
