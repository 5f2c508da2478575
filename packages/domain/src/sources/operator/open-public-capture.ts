import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { selectBody } from '../capture-query.ts';
import { openedCapture } from '../open-capture.ts';
import { sourceId } from '../schema.ts';

export const openPublicCapture = defineOperatorAction({
  name: 'operator.openCapture',
  summary: 'Say where a page of a source of the installation lies as it was captured; it may hold what facts never do',
  kind: 'mutation',
  input: z.object({ sourceId, captureId: z.uuid() }),
  output: openedCapture.extend({ ownerId: z.uuid() }),
  async run({ db, event }, { sourceId: id, captureId }) {
    event.on('source', id);
    event.note({ captureId });
    const found = await selectBody(db, null, id, captureId)
      .select(sql<string>`app.installation_id()`.as('ownerId'))
      .executeTakeFirst();
    if (!found) throw new DomainError('not_found', 'no such capture');
    return openedCapture.extend({ ownerId: z.uuid() }).parse({ ...found, bytes: Number(found.bytes) });
  },
});
