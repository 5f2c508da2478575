import { z } from 'zod';
import { defineMutation } from '../actions/define-action.ts';
import { edgeSettings } from './edge-settings.ts';

export const configureEdges = defineMutation({
  name: 'edges.configure',
  summary: 'Say whether somebody has to approve a verified version of an edge before it runs',
  access: 'organization:write',
  rest: { method: 'PUT', path: '/v1/edge-settings' },
  input: z.object(edgeSettings.shape),
  output: edgeSettings,
  audit: { entityType: 'organization', entityId: () => null, details: (_input, output) => output },
  async run({ db, identity: { tenantId } }, { approval }) {
    const { rows } = await db.executeQuery(
      db
        .updateTable('organizations')
        .set({ approve_edges: approval })
        .where('id', '=', tenantId)
        .returning('approve_edges as approval')
        .compile(),
    );
    return edgeSettings.parse(rows[0]);
  },
});
