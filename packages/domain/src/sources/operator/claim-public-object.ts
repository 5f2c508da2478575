import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';

/** Before an operator puts a file of pages into the object store. */
export const claimPublicObject = defineOperatorAction({
  name: 'operator.claimObject',
  summary: 'Note that a file is about to be put into the object store for the installation',
  kind: 'mutation',
  input: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().nonnegative() }),
  output: z.object({ ownerId: z.uuid(), claim: z.uuid() }),
  async run({ db, event }, { sha256, bytes }) {
    event.on('object', null);
    event.note({ sha256, bytes });
    const { rows } = await sql<{ ownerId: string; claim: string }>`
      select app.installation_id() as "ownerId",
        app.claim_capture_object(app.installation_id(), ${sha256}, ${bytes}) as claim`.execute(db);
    return rows[0]!;
  },
});
