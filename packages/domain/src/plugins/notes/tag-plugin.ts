import { sql } from 'kysely';
import { z } from 'zod';
import { defineMutation } from '../../actions/define-action.ts';

export const tagPlugin = defineMutation({
  name: 'plugins.tag',
  summary: 'Say which tags a plugin has in the organization: those, and no others',
  access: 'plugin:write',
  rest: { method: 'PUT', path: '/v1/plugins/{pluginId}/tags' },
  input: z.object({ pluginId: z.uuid(), tags: z.array(z.string().trim().min(1).max(100)).max(50) }),
  output: z.object({ tags: z.array(z.string()) }),
  audit: { entityType: 'plugin', entityId: ({ pluginId }) => pluginId, details: ({ tags }) => ({ tags }) },
  async run({ db }, { pluginId, tags }) {
    const wanted = [...new Set(tags)].toSorted();
    await sql`select app.tag_plugin(${pluginId}::uuid, ${wanted}::text[])`.execute(db);
    return { tags: wanted };
  },
});
