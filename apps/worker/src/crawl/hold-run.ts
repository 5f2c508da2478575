import { sql } from 'kysely';

/**
 * A row while the run goes on. Until the transaction ends it is not deleted; that it is cancelled meanwhile does no harm: what was
 * captured is a capture all the same.
 */
export const holdRun = (runId: string) => sql`
  select from source_runs where id = ${runId}::uuid and state = 'running' for key share`;
