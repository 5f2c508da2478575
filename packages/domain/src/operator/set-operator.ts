import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { findUser } from '../identity/people/find-user.ts';
import { user } from '../identity/people/schema.ts';

export const setOperator = defineOperatorAction({
  name: 'operator.set',
  summary: 'Let somebody manage people through the API, or not any more; effective at their next request',
  kind: 'mutation',
  input: z.object({ userId: z.uuid(), isOperator: z.boolean() }),
  output: user.extend({ isOperator: z.boolean() }).meta({ id: 'Operator' }),
  person: ({ id }) => id,
  async run({ db, event }, { userId, isOperator }) {
    await sql`select app.set_operator(${userId}::uuid, ${isOperator})`.execute(db);
    event.note({ isOperator });
    return { ...(await findUser(db, userId)), isOperator };
  },
});
