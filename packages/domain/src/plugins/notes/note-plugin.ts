import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const notePlugin = defineMutation({
  name: 'pluginNotes.create',
  summary: 'Write a note on a plugin, which the organization’s members see',
  access: 'plugin:write',
  rest: { method: 'POST', path: '/v1/plugins/{pluginId}/notes' },
  input: z.object({ pluginId: z.uuid(), body: z.string().trim().min(1).max(10_000) }),
  output: z.object({ id: z.uuid() }),
  audit: { entityType: 'plugin note', entityId: (_input, { id }) => id, details: ({ pluginId }) => ({ pluginId }) },
  async run({ db }, { pluginId, body }) {
    const { rows } = await sql<{ id: string }>`select app.note_plugin(${pluginId}::uuid, ${body}) as id`.execute(db);
    return { id: rows[0]!.id };
  },
});
