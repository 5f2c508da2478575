import { asSystem, type Database } from '@granary/db';
import { sql } from 'kysely';

export interface EventProblem {
  readonly eventId: string;
  readonly type: string;
  readonly problem: string;
}

const batch = 100;

/**
 * Hands on events of one organization that wait (app.dispatch_events), in one transaction: whatever kills it, they wait as
 * before. Answers how many were looked at; those that could not be handed on are told of, and come again later.
 */
export async function dispatchEvents(
  database: Database,
  onProblem: (problem: EventProblem) => void,
  most = batch,
): Promise<number> {
  const events = await asSystem(database, 'outbox: dispatch', async (db) => {
    // what takes long for many recipients must end one day: broken off by a timeout it would be begun again for ever
    await sql`set local statement_timeout = 0`.execute(db);
    const { rows } = await sql<{ eventId: string; type: string; problem: string | null }>`
      select event_id as "eventId", type, problem from app.dispatch_events(${most}::integer)`.execute(db);
    return rows;
  });
  for (const { problem, ...event } of events) if (problem !== null) onProblem({ ...event, problem });
  return events.length;
}
