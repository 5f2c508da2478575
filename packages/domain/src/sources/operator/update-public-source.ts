import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { sourceChanges, updateSourceIn } from '../save-source.ts';
import { source } from '../schema.ts';

export const updatePublicSource = defineOperatorAction({
  name: 'operator.updateSource',
  summary: 'Change the name, settings or schedule of a source of the installation',
  kind: 'mutation',
  input: sourceChanges,
  output: source,
  async run({ db, event }, input) {
    const { sourceId, revision: _, ...changes } = input;
    event.on('source', sourceId);
    event.note({ changed: Object.keys(changes).sort() });
    return updateSourceIn(db, null, input);
  },
});
