import { defineOperatorAction } from '../../actions/define-identity-action.ts';
import { acknowledge, alarmInput } from '../acknowledge-alarm.ts';
import { raisedAlarm } from '../schema.ts';

export const acknowledgePublicAlarm = defineOperatorAction({
  name: 'operator.acknowledgeAlarm',
  summary: 'Say that you know of an alarm of a source of the installation',
  kind: 'mutation',
  input: alarmInput,
  output: raisedAlarm,
  async run({ db, event }, input) {
    event.on('source', input.sourceId);
    const known = await acknowledge(db, input);
    event.note({ alarmId: known.id, field: known.field, kind: known.kind });
    return known;
  },
});
