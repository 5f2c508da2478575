import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { findUser } from './find-user.ts';
import { user } from './schema.ts';

export const getUser = defineIdentityAction({
  name: 'users.get',
  summary: 'Get a person, for who runs the installation',
  access: 'operator',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/users/{userId}' },
  input: z.object({ userId: z.uuid() }),
  output: user,
  run: ({ db }, { userId }) => findUser(db, userId),
});
