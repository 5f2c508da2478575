import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { auditEvent, auditEventColumns } from '../audit/schema.ts';

export const listPersonEvents = defineOperatorAction({
  name: 'operator.listEvents',
  summary:
    'What somebody did and what was done about their account, newest first; those of no organization without a person',
  kind: 'query',
  input: z.object({ userId: z.uuid().optional(), limit: z.int().min(1).max(1000).default(50) }),
  output: z.array(auditEvent),
  async run({ db }, { userId, limit }) {
    const events = await db
      .selectFrom('audit_events')
      .select(auditEventColumns)
      // what an organization's people do with its things is for its own auditors
      .$if(userId === undefined, (query) => query.where('tenant_id', 'is', null))
      .$if(userId !== undefined, (query) =>
        query.where((is) =>
          is.or([
            is.and([is('entity_type', '=', 'user'), is('entity_id', '=', userId!)]),
            is.and([is('tenant_id', 'is', null), is('actor_id', '=', userId!)]),
          ]),
        ),
      )
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return events.map((event) => auditEvent.parse(event));
  },
});
