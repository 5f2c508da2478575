import { sql } from 'kysely';

/** What a run's connector is told, of a run `u` of a source `s`: a backfill asks an archive alone, whatever the source asks. */
export const settingsOfRun = sql`case u.trigger when 'backfill' then u.options else s.settings end`;
