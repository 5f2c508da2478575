import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { declarationOf, declaredFlags } from './declared-flags.ts';
import { findFlag } from './queries.ts';
import { codename, flag, splitBy } from './schema.ts';

export const rollOutFlag = defineIdentityAction({
  name: 'flags.rollOut',
  summary:
    'Have a flag on for a part of the users or organizations that no target names; who has it keeps it as the part grows',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'PUT', path: '/v1/flags/{codename}/rollout' },
  input: z.object({
    codename,
    percentage: z.number().min(0).max(100).multipleOf(0.01),
    by: splitBy.optional().describe('left out: as it was, at first by user'),
  }),
  output: flag,
  async run({ db, event }, { codename: wanted, percentage, by }) {
    const isDeclared = declarationOf(declaredFlags, wanted) !== undefined;
    await sql`select app.roll_out_flag(${wanted}, ${percentage}::numeric, ${by ?? null}, ${isDeclared})`.execute(db);
    const found = await findFlag(db, wanted);
    event.on('flag', null);
    event.note({ codename: wanted, rollout: found.rollout, splitBy: found.splitBy });
    return found;
  },
});
