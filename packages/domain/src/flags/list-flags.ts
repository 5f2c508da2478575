import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { findFlags } from './queries.ts';
import { flag } from './schema.ts';

export const listFlags = defineIdentityAction({
  name: 'flags.list',
  summary: 'The switches of the installation, those included that nobody has touched yet',
  access: 'operator',
  kind: 'query',
  rest: { method: 'GET', path: '/v1/flags' },
  input: z.object({}),
  output: z.array(flag),
  run: ({ db }) => findFlags(db),
});
