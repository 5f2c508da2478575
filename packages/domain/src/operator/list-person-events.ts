import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { auditEvent, ofNobody, selectAnyEvents } from '../audit/audit-event.ts';

export const listPersonEvents = defineOperatorAction({
  name: 'operator.listEvents',
  summary:
    'What somebody did and what was done about their account, newest first; those of no organization without a person',
  kind: 'query',
  input: z.object({ userId: z.uuid().optional(), limit: z.int().min(1).max(1000).default(50) }),
  output: z.array(auditEvent),
  async run({ db }, { userId, limit }) {
    const wanted = selectAnyEvents()
      // what an organization's people do with its things is for its own auditors
      .$if(userId === undefined, (query) => query.where('e.tenant_id', '=', ofNobody))
      .$if(userId !== undefined, (query) =>
        query.where((is) =>
          is.or([
            is.and([is('e.entity_type', '=', 'user'), is('e.entity_id', '=', userId!)]),
            is.and([is('e.tenant_id', '=', ofNobody), is('e.actor_id', '=', userId!)]),
          ]),
        ),
      )
      .orderBy('e.id', 'desc')
      .limit(limit);
    const { rows: events } = await db.executeQuery(wanted);
    return events.map((event) => auditEvent.parse(event));
  },
});
