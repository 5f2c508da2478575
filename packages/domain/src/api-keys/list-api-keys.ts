import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { apiKey, apiKeyColumns } from './schema.ts';

export const listApiKeys = defineQuery({
  name: 'keys.list',
  summary: 'List one’s own API keys, without their secrets',
  access: 'key:read',
  rest: { method: 'GET', path: '/v1/keys' },
  input: z.object({}),
  output: z.array(apiKey),
  async run({ reader, identity: { tenantId } }) {
    const keys = await reader.rows(
      query.selectFrom('api_keys').select(apiKeyColumns).where('tenant_id', '=', tenantId).orderBy('id'),
    );
    return keys.map((key) => apiKey.parse(key));
  },
});
