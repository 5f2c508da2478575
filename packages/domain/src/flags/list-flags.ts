import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { flag, knownFlags } from './flags.ts';

export const listFlags = defineOperatorAction({
  name: 'flags.list',
  summary: 'The switches of the installation, those included that nobody has touched yet',
  kind: 'query',
  input: z.object({}),
  output: z.array(flag),
  async run({ db }) {
    const set = await db
      .selectFrom('feature_flags')
      .select(['codename', 'is_active as isActive', 'label'])
      .orderBy('codename')
      .execute();
    const untouched = Object.entries(knownFlags)
      .filter(([codename]) => !set.some((each) => each.codename === codename))
      .map(([codename, label]) => ({ codename, isActive: false, label }));
    return [...set.map((each) => ({ ...each, label: each.label || (knownFlags[each.codename] ?? '') })), ...untouched];
  },
});
