import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const deletePluginNote = defineMutation({
  name: 'pluginNotes.delete',
  summary: 'Delete a note of yours',
  access: 'plugin:write',
  rest: { method: 'DELETE', path: '/v1/plugin-notes/{noteId}' },
  input: z.object({ noteId: z.uuid() }),
  output: z.object({ deleted: z.literal(true) }),
  audit: { entityType: 'plugin note', entityId: ({ noteId }) => noteId },
  async run({ db }, { noteId }) {
    await sql`select app.delete_plugin_note(${noteId}::uuid)`.execute(db);
    return { deleted: true as const };
  },
});
