import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { day } from '../schema.ts';
import { feedDay, feedPath } from './feed-day.ts';

/**
 * The part of a download that is an action: whether the caller may have a file of the feed, and the audit event. Not in the registry,
 * because what it opens is a stream.
 */
export const openFeedFile = defineMutation({
  name: 'plugins.feedFile',
  summary: 'Download a file of a day of the feed of public snapshots',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/feed-days/{day}/{fileName}' },
  input: z.object({ day, fileName: z.enum(['snapshots.parquet', 'snapshots.csv']) }),
  output: z.object({ path: z.string(), sha256: z.string(), bytes: z.int(), fileName: z.string() }),
  audit: {
    entityType: 'feed',
    entityId: () => null,
    details: (input, { sha256 }) => ({ day: input.day, fileName: input.fileName, sha256 }),
  },
  async run({ db }, { day: of, fileName }) {
    const row = await db
      .selectFrom('feed_days')
      .select('manifest')
      .where('feed', '=', 'plugin_snapshots')
      .where('day', '=', of)
      .where('manifest', 'is not', null)
      .executeTakeFirst();
    const file =
      row &&
      feedDay
        .pick({ files: true })
        .parse(row.manifest)
        .files.find(({ name }) => name === fileName);
    if (!file) throw new DomainError('not_found', 'the feed has no such day');
    return {
      path: `${feedPath(of)}${fileName}`,
      sha256: file.sha256,
      bytes: file.bytes,
      fileName: `${of}-${fileName}`,
    };
  },
});
