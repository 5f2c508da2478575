import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';

export const getRevenueModels = defineOperatorAction({
  name: 'operator.getRevenueModels',
  summary: 'The parameters by which revenue is estimated, and those of former versions, newest first',
  kind: 'query',
  input: z.object({}),
  output: z.array(
    z.object({
      version: z.int(),
      isCurrent: z.boolean(),
      parameters: z.record(z.string(), z.unknown()),
      createdAt: z.string(),
    }),
  ),
  run: async ({ db }) =>
    (
      await db
        .selectFrom('revenue_models')
        .select(['version', 'is_current as isCurrent', 'parameters', 'created_at as createdAt'])
        .orderBy('version', 'desc')
        .execute()
    ).map(({ parameters, ...model }) => ({
      ...model,
      parameters: z.record(z.string(), z.unknown()).parse(parameters),
    })),
});
