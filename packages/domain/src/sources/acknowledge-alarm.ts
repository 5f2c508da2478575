import type { DB } from '@granary/db';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { alarmColumns } from './alarm-query.ts';
import { raisedAlarm, sourceId } from './schema.ts';

export const alarmInput = z.object({ sourceId, alarmId: z.uuid() });

export const acknowledgeAlarm = defineMutation({
  name: 'sources.acknowledgeAlarm',
  summary: 'Say that you know of an alarm: from now on the field is judged by what later runs read',
  access: 'source:write',
  rest: { method: 'POST', path: '/v1/sources/{sourceId}/alarms/{alarmId}/acknowledgement' },
  input: alarmInput,
  output: raisedAlarm,
  audit: {
    entityType: 'source',
    entityId: (input) => input.sourceId,
    details: (_input, { id, field, kind }) => ({ alarmId: id, field, kind }),
  },
  run: ({ db }, input) => acknowledge(db, input),
});

/** Throws DomainError not_found, or precondition where it is over already. */
export async function acknowledge(db: Transaction<DB>, input: z.output<typeof alarmInput>) {
  const command = sql<DB['source_alarms']>`app.acknowledge_alarm(${input.sourceId}::uuid, ${input.alarmId}::uuid)`;
  return raisedAlarm.parse(await db.selectFrom(command.as('changed')).select(alarmColumns).executeTakeFirstOrThrow());
}
