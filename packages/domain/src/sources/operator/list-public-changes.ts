import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { runChange, runId, sourceId } from '../schema.ts';
import { selectChanges } from '../source-query.ts';

export const listPublicChanges = defineOperatorAction({
  name: 'operator.listChanges',
  summary: 'What a reparse of a source of the installation changed, or would have changed',
  kind: 'query',
  input: z.object({ sourceId, runId }),
  output: z.array(runChange),
  async run({ db }, input) {
    const found = await selectChanges(db, null, input).executeTakeFirst();
    if (!found) throw new DomainError('not_found', 'no such run');
    return z.array(runChange).parse(found.changes);
  },
});
