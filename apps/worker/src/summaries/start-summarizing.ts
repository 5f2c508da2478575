import { asSystem, type Database } from '@granary/db';
import { type LanguageModel, promptVersion } from '@granary/domain';
import { sql } from 'kysely';
import type { Log } from '../log.ts';
import { repeat } from '../repeat.ts';

export interface SummarizingOptions {
  readonly database: Database;
  readonly model: LanguageModel;
  readonly leastUsers: number;
  readonly own: boolean;
  readonly log: Log;
}

const every = 600_000; // milliseconds
const most = 200; // in one turn

/** Queues plugins whose page has no summary, most used first. Returns how many. */
export const queueSummaries = ({
  database,
  model,
  leastUsers,
  own,
}: Omit<SummarizingOptions, 'log'>): Promise<number> =>
  asSystem(database, 'facts: summaries', async (db) => {
    const { rows } = await sql<{
      queued: number;
    }>`select app.queue_summaries(${model.model.name}, ${model.model.version},
      ${promptVersion}, ${most}, ${leastUsers}::bigint, ${own}) as queued`.execute(db);
    return rows[0]?.queued ?? 0;
  });

/** Does so now and then, until it is stopped. */
export const startSummarizing = ({ log, ...options }: SummarizingOptions) =>
  repeat(async (signal) => {
    try {
      const queued = await queueSummaries(options);
      if (queued > 0) log('plugins were queued for a summary', { queued });
    } catch (error) {
      if (!signal.aborted) log('no plugins were queued for a summary', { error });
    }
    return every;
  });
