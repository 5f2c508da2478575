import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';

export const appointOwner = defineOperatorAction({
  name: 'operator.appointOwner',
  summary: 'Make somebody one more owner of an organization whose own cannot act',
  kind: 'mutation',
  input: z.object({ organizationId: z.uuid(), userId: z.uuid() }),
  output: z.object({ organizationId: z.uuid(), userId: z.uuid() }),
  async run({ db, event }, { organizationId, userId }) {
    await sql`select app.appoint_owner(${organizationId}::uuid, ${userId}::uuid)`.execute(db);
    event.on('member', userId);
    event.in(organizationId);
    return { organizationId, userId };
  },
});
