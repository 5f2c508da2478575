import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { configured } from '../form-query.ts';
import { form } from '../schema.ts';

export const configurePublicIntake = defineOperatorAction({
  name: 'operator.configureIntake',
  summary: 'Open or close the form by which visitors propose pages to the installation',
  kind: 'mutation',
  input: form.extend({ anyPage: form.shape.anyPage.default(false) }),
  output: form,
  async run({ db, event }, input) {
    event.on('intake_form', null);
    event.note(input);
    return configured(db, input);
  },
});
