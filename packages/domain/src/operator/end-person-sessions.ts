import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';

export const endPersonSessions = defineOperatorAction({
  name: 'operator.endSessions',
  summary: 'End a session of somebody, or all of them; effective at the next request everywhere',
  kind: 'mutation',
  input: z.object({ userId: z.uuid(), sessionId: z.uuid().optional() }),
  output: z.object({ userId: z.uuid(), ended: z.int() }),
  person: ({ userId }) => userId,
  async run({ db, event }, { userId, sessionId }) {
    const { rows } = await sql<{ ended: string }>`
      select app.end_sessions(${userId}::uuid, ${sessionId ?? null}::uuid) as ended`.execute(db);
    const ended = Number(rows[0]!.ended);
    event.note({ sessionId, ended });
    return { userId, ended };
  },
});
