import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { codename, flag, knownFlags } from './flags.ts';

export const setFlag = defineOperatorAction({
  name: 'flags.set',
  summary: 'Switch a flag on, off, or to what it is not; effective at the next request',
  kind: 'mutation',
  input: z.object({
    codename,
    active: z.boolean().optional().meta({ description: 'Left out: the other way round' }),
    label: z.string().trim().max(200).optional(),
    create: z.boolean().default(false).meta({ description: 'Make one that the code does not know of' }),
  }),
  output: flag,
  async run({ db, event }, { codename: wanted, active, label, create }) {
    const mayCreate = create || wanted in knownFlags; // else a slip of the hand would make one
    const { rows } = await sql<{ codename: string; isActive: boolean; label: string }>`
      select flag_codename as codename, flag_is_active as "isActive", flag_label as label
      from app.set_flag(${wanted}, ${active ?? null}::boolean, ${label ?? null}, ${mayCreate})`.execute(db);
    event.on('flag', null);
    event.note(rows[0]!);
    return rows[0]!;
  },
});
