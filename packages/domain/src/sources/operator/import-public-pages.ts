import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { changedRun } from '../changed-run.ts';
import { importOptions } from '../import-pages.ts';
import { run, sourceId } from '../schema.ts';

export const importPublicPages = defineOperatorAction({
  name: 'operator.importPages',
  summary: 'Read saved pages, in a file that is in the object store, into a source of the installation',
  kind: 'mutation',
  input: importOptions.extend({
    sourceId,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    claim: z.uuid(),
    fileName: z.string().min(1).max(500),
  }),
  output: run,
  async run({ db, event }, { sourceId: id, sha256, claim, fileName, ...options }) {
    event.on('source', id);
    const made = await changedRun(
      db,
      sql`app.import_object(${id}::uuid, ${sha256}, ${claim}::uuid, ${fileName}, ${JSON.stringify(options)}::jsonb)`,
    );
    event.note({ runId: made.id, fileName, origin: options.origin });
    return made;
  },
});
