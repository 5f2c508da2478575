import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { user, userColumns } from '../identity/people/schema.ts';

export const findPerson = defineOperatorAction({
  name: 'operator.findPerson',
  summary: 'Who has this address, user name or id',
  kind: 'query',
  input: z.object({ login: z.string().trim().min(1).max(254) }),
  output: user,
  async run({ db }, { login }) {
    // a user name has no @, and neither has an id: they cannot be taken for each other
    const found = await db
      .selectFrom('users')
      .select(userColumns)
      .where(
        sql<boolean>`lower(email) = lower(${login}) or lower(username) = lower(${login}) or id::text = lower(${login})`,
      )
      .orderBy(sql`id::text = lower(${login})`, 'desc')
      .limit(1)
      .executeTakeFirst();
    if (!found) throw new DomainError('not_found', `no account has the address or user name ${JSON.stringify(login)}`);
    return found;
  },
});
