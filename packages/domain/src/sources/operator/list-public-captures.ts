import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { selectCaptures, toPage } from '../capture-query.ts';
import { noSuchSource } from '../no-such-source.ts';
import { capture, sourceId } from '../schema.ts';
import { selectSources } from '../source-query.ts';

export const listPublicCaptures = defineOperatorAction({
  name: 'operator.listCaptures',
  summary: 'List the pages of a source of the installation as they were captured, newest first',
  kind: 'query',
  input: z.object({ sourceId, limit: z.int().min(1).max(1000).default(50), cursor: z.uuid().optional() }),
  output: z.object({ items: z.array(capture), nextCursor: z.string().nullable() }),
  async run({ db }, { sourceId: id, limit, cursor }) {
    const found = await selectSources(db, null).where('id', '=', id).executeTakeFirst();
    if (!found) throw noSuchSource();
    return toPage(
      await selectCaptures(db, null, id, cursor)
        .limit(limit + 1)
        .execute(),
      limit,
    );
  },
});
