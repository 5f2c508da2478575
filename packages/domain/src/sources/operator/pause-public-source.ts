import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { changedSource } from '../save-source.ts';
import { source, sourceId } from '../schema.ts';

export const pausePublicSource = defineOperatorAction({
  name: 'operator.pauseSource',
  summary: 'Have a source of the installation ask nothing more, or go on',
  kind: 'mutation',
  input: z.object({ sourceId, isPaused: z.boolean() }),
  output: source,
  async run({ db, event }, input) {
    event.on('source', input.sourceId);
    event.note({ isPaused: input.isPaused });
    return changedSource(db, sql`app.pause_source(${input.sourceId}::uuid, ${input.isPaused})`);
  },
});
