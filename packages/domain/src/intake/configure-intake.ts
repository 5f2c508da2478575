import { defineMutation } from '../actions/define-action.ts';
import { configured } from './form-query.ts';
import { form } from './schema.ts';

export const configureIntake = defineMutation({
  name: 'intake.configure',
  summary: 'Open or close the form by which visitors propose pages to your organization',
  access: 'source:write',
  rest: { method: 'PUT', path: '/v1/intake/form' },
  input: form.extend({ anyPage: form.shape.anyPage.default(false) }),
  output: form,
  audit: { entityType: 'intake_form', entityId: () => null, details: ({ isOpen, anyPage }) => ({ isOpen, anyPage }) },
  run: ({ db }, input) => configured(db, input),
});
