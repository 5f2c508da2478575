import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { type DeclaredFlag, declaredFlags } from './declared-flags.ts';

export const evaluateFlags = defineIdentityAction({
  name: 'flags.evaluate',
  summary: 'What the flags are for the caller: before log-in those that are for everybody',
  access: 'public',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/flags/evaluated' },
  input: z.object({}),
  output: z.array(
    z
      .object({
        codename: z.string(),
        value: z.boolean(),
        reason: z
          .enum(['STATIC', 'DEFAULT', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'STALE', 'ERROR'])
          .describe('as OpenFeature names them'),
        errorCode: z.string().nullable().describe('why the value is what the code says'),
      })
      .meta({ id: 'EvaluatedFlag' }),
  ),
  prepare: ({ services }) => services.flags.load(),
  async run({ caller: { userId, tenantId }, services: { flags } }) {
    return Object.entries<DeclaredFlag>(declaredFlags)
      .filter(([, { visibleTo }]) => visibleTo === 'everybody' || (visibleTo === 'signedIn' && userId !== undefined))
      .map(([codename]) => {
        const { value, reason, errorCode = null } = flags.evaluate(codename, { userId, tenantId });
        return { codename, value, reason, errorCode };
      });
  },
});
