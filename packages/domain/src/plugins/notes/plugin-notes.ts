import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../../actions/define-action.ts';

const notes = z
  .object({
    tags: z.array(z.string()),
    notes: z.array(z.object({ id: z.uuid(), body: z.string(), authorId: z.uuid(), createdAt: z.string() })),
  })
  .meta({ id: 'PluginNotes' });

export const pluginNotes = defineQuery({
  name: 'pluginNotes.list',
  summary: 'The organization’s tags of a plugin, and its notes on it, newest first, at most 1000',
  access: 'plugin:read',
  rest: { method: 'GET', path: '/v1/plugins/{pluginId}/notes' },
  input: z.object({ pluginId: z.uuid() }),
  output: notes,
  async run({ reader, identity: { tenantId } }, { pluginId }) {
    const [tags, written] = await reader.together(
      query
        .selectFrom('plugin_tags')
        .select('tag')
        .where('tenant_id', '=', tenantId)
        .where('plugin_id', '=', pluginId)
        .orderBy('tag'),
      query
        .selectFrom('plugin_notes')
        .select(['id', 'body', 'author_id as authorId', 'created_at as createdAt'])
        .where('tenant_id', '=', tenantId)
        .where('plugin_id', '=', pluginId)
        .orderBy('id', 'desc')
        .limit(1000),
    );
    return { tags: tags.map(({ tag }) => tag), notes: written };
  },
});
