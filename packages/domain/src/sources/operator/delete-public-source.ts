import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { sourceId } from '../schema.ts';

export const deletePublicSource = defineOperatorAction({
  name: 'operator.deleteSource',
  summary: 'Delete a source of the installation with its runs and captures; what was read from them stays',
  kind: 'mutation',
  input: z.object({ sourceId }),
  output: z.object({ deleted: z.literal(true) }),
  async run({ db, event }, input) {
    event.on('source', input.sourceId);
    await sql`select app.delete_source(${input.sourceId}::uuid)`.execute(db);
    return { deleted: true as const };
  },
});
