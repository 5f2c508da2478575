import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { evaluatedFlags, evaluateFor } from './client-flags.ts';

export const evaluateFlags = defineIdentityAction({
  name: 'flags.evaluate',
  summary: 'What the flags are for the caller, in the organization at work',
  access: 'user',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/flags/evaluated' },
  input: z.object({}),
  output: evaluatedFlags,
  prepare: ({ services }) => services.flags.load(),
  run: async ({ caller: { userId, tenantId }, services: { flags } }) =>
    evaluateFor(flags, ['everybody', 'signedIn'], { userId, tenantId }),
});
