import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { edgeSettings } from './edge-settings.ts';

export const getEdgeSettings = defineQuery({
  name: 'edges.settings',
  summary: 'Say what the active organization asks of an edge before it runs',
  access: 'organization:read',
  rest: { method: 'GET', path: '/v1/edge-settings' },
  input: z.object({}),
  output: edgeSettings,
  async run({ reader, identity: { tenantId } }) {
    const [settings] = await reader.rows(
      query.selectFrom('organizations').select('approve_edges as approval').where('id', '=', tenantId),
    );
    return edgeSettings.parse(settings);
  },
});
