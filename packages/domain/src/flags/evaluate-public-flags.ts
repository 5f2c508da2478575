import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { evaluatedFlags, evaluateFor } from './client-flags.ts';

export const evaluatePublicFlags = defineIdentityAction({
  name: 'flags.evaluatePublic',
  summary: 'What the flags that are for everybody are, before log-in: nobody is asked who they are',
  access: 'public',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/flags/public' },
  input: z.object({}),
  output: evaluatedFlags,
  prepare: ({ services }) => services.flags.load(),
  run: async ({ services: { flags } }) => evaluateFor(flags, ['everybody'], {}),
});
