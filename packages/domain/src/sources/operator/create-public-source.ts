import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { createSourceIn, newSource } from '../save-source.ts';
import { source } from '../schema.ts';

export const createPublicSource = defineOperatorAction({
  name: 'operator.createSource',
  summary: 'Follow a marketplace for everybody: its facts are read by every organization',
  kind: 'mutation',
  input: newSource,
  output: source,
  async run({ db, event }, input) {
    const made = await createSourceIn(db, input, true);
    event.on('source', made.id);
    event.note({ connector: made.connector, name: made.name, cron: made.cron });
    return made;
  },
});
