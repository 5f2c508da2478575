import { z } from 'zod';
import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { selectForm, toForm } from '../form-query.ts';
import { form } from '../schema.ts';

export const getPublicIntake = defineOperatorAction({
  name: 'operator.getIntake',
  summary: 'Whether visitors may propose pages to the installation, and which',
  kind: 'query',
  input: z.object({}),
  output: form,
  run: async ({ db }) => toForm(await selectForm(db, null).execute()),
});
