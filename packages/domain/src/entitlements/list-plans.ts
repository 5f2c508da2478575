import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { type Plan, plans } from './plans.ts';
import { plan } from './schema.ts';

export const listPlans = defineIdentityAction({
  name: 'plans.list',
  summary: 'List the plans: what each includes, and how much there may be of everything',
  access: 'public',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/plans' },
  input: z.object({}),
  output: z.array(plan),
  run: async () =>
    Object.entries<Plan>(plans).map(([name, { isDefault = false, features, ...rest }]) => ({
      ...rest,
      name: name as keyof typeof plans,
      isDefault,
      features: [...features],
    })),
});
