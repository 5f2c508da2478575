import { query } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { features, limits } from './plans.ts';
import { planName } from './schema.ts';

const origin = z.object({
  isOverride: z.boolean().describe('set for this organization, in place of what the plan says'),
  expiresAt: z.string().nullable().describe('when the plan holds again'),
});

export const getUsage = defineQuery({
  name: 'usage.get',
  summary: 'Get the plan of the active organization: what it includes, and how much of its limits is used',
  access: 'organization:read',
  rest: { method: 'GET', path: '/v1/usage' },
  input: z.object({}),
  output: z
    .object({
      plan: planName,
      limits: z.array(
        origin.extend({
          name: z.enum(limits),
          limit: z.int().nullable().describe('null: none'),
          used: z.int().nullable().describe('null for what is not counted now, as a rate'),
        }),
      ),
      features: z.array(origin.extend({ name: z.enum(features), isIncluded: z.boolean() })),
    })
    .meta({ id: 'Usage' }),
  async run({ reader, identity: { tenantId } }) {
    const found = await reader.rows(
      query
        .selectFrom(sql<Entitled>`app.usage_in(${tenantId}::uuid)`.as('found'))
        .select([
          'plan',
          'entitlement as name',
          'value',
          'used',
          'is_override as isOverride',
          'expires_at as expiresAt',
        ]),
    );
    const [first] = found;
    if (!first) throw new DomainError('not_found', 'no such organization');
    const byName = new Map(found.map((each) => [each.name, each]));
    return {
      plan: planName.parse(first.plan),
      limits: limits.map((name) => {
        const { value = null, used = null, isOverride = false, expiresAt = null } = byName.get(name) ?? {};
        return { name, limit: value, used, isOverride, expiresAt };
      }),
      features: features.map((name) => {
        const { value, isOverride = false, expiresAt = null } = byName.get(name) ?? {};
        return { name, isIncluded: value !== 0, isOverride, expiresAt };
      }),
    };
  },
});

interface Entitled {
  plan: string;
  entitlement: string;
  value: number | null;
  used: number | null;
  is_override: boolean;
  expires_at: string | null;
}
