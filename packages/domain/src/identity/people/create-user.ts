import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { mailValidity } from '../mail-validity.ts';
import { email, personName, username } from '../schema.ts';
import { findUser } from './find-user.ts';
import { user } from './schema.ts';

export const createUser = defineIdentityAction({
  name: 'users.create',
  summary: 'Make an account for somebody, who is mailed a link to set their password',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/users' },
  input: z.object({ email, username: username.optional(), name: personName.default('') }),
  output: user,
  person: ({ id }) => id,
  async run({ db, event }, wanted) {
    event.note({ email: wanted.email, username: wanted.username });
    const { rows } = await sql<{ id: string }>`select app.create_user(${wanted.email}, ${wanted.username ?? null},
      ${wanted.name}, ${mailValidity.activation}::interval) as id`.execute(db);
    return findUser(db, rows[0]!.id);
  },
});
