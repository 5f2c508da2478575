import { query } from '@granary/db';
import { z } from 'zod';
import { defineQuery } from '../actions/define-action.ts';
import { selectForm, toForm } from './form-query.ts';
import { form } from './schema.ts';

export const getIntakeForm = defineQuery({
  name: 'intake.form',
  summary: 'Whether visitors may propose pages to your organization, and which',
  access: 'source:write',
  rest: { method: 'GET', path: '/v1/intake/form' },
  input: z.object({}),
  output: form,
  run: async ({ reader, identity: { tenantId } }) => toForm(await reader.rows(selectForm(query, tenantId))),
});
