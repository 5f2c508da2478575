import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';

export const getOrganization = defineQuery({
  name: 'organization.get',
  summary: 'Get the active organization',
  access: 'organization:read',
  rest: { method: 'GET', path: '/v1/organization' },
  input: z.object({}),
  output: z.object({ id: z.uuid(), name: z.string(), createdAt: z.string() }).meta({ id: 'Organization' }),
  async run({ reader, identity: { tenantId } }) {
    const [found] = await reader.rows(
      query.selectFrom('organizations').select(['id', 'name', 'created_at as createdAt']).where('id', '=', tenantId),
    );
    if (!found) throw new DomainError('not_found', 'no such organization');
    return found;
  },
});
