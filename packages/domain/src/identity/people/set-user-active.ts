import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { findUser } from './find-user.ts';
import { user } from './schema.ts';

export const setUserActive = defineIdentityAction({
  name: 'users.setActive',
  summary:
    'Deactivate somebody, effective at their next request, or activate them again; for who runs the installation',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'PUT', path: '/v1/users/{userId}/active' },
  input: z.object({ userId: z.uuid(), active: z.boolean() }),
  output: user,
  person: ({ id }) => id,
  async run({ db, event }, { userId, active }) {
    event.note({ active });
    await sql`select app.set_user_active(${userId}::uuid, ${active})`.execute(db);
    return findUser(db, userId);
  },
});
