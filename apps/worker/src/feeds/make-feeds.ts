import { asSystem } from '@granary/db';
import { sql } from 'kysely';
import { type FeedManifest, type FeedOptions, makeDay } from './make-day.ts';

const feed = 'plugin_snapshots';

/**
 * Makes the days of the feed that are over (in UTC) and have something that their files do not have: also those of long ago,
 * where late data came. One worker at a time; returns the manifests, or null where another one is at it.
 */
export function makeFeeds(options: FeedOptions & { readonly today?: string }): Promise<FeedManifest[] | null> {
  const { database, signal, today = new Date().toISOString().slice(0, 10) } = options;
  if (!options.store.publish) return Promise.resolve([]);
  // the lock ends with this transaction, which does nothing else, and so with this process
  return asSystem(database, 'facts: feeds', async (db) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended('granary feeds', 0)) as mine`.execute(db);
    if (!rows[0]?.mine) return null;
    await asSystem(database, 'facts: feeds', (noting) => sql`select app.note_feed_changes(${feed})`.execute(noting));
    const made: FeedManifest[] = [];
    for (const { day, due } of await dueDays(options, today)) {
      signal.throwIfAborted();
      const manifest = await makeDay(options, day);
      await asSystem(database, 'facts: feeds', (finishing) =>
        finishing
          .updateTable('feed_days')
          .set({ made: due, manifest: JSON.stringify(manifest), made_at: sql`now()` })
          .where('feed', '=', feed)
          .where('day', '=', day)
          .execute(),
      );
      made.push(manifest);
    }
    return made;
  });
}

const dueDays = ({ database }: FeedOptions, today: string) =>
  asSystem(database, 'facts: feeds', (db) =>
    db
      .selectFrom('feed_days')
      .select(['day', 'due'])
      .where('feed', '=', feed)
      .where('day', '<', today)
      .whereRef('due', '>', 'made')
      .orderBy('day')
      .execute(),
  );
