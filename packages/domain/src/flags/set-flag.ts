import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { declarationOf, declaredFlags } from './declared-flags.ts';
import { findFlag } from './queries.ts';
import { codename, flag } from './schema.ts';

export const setFlag = defineIdentityAction({
  name: 'flags.set',
  summary: 'Switch a flag on, off, or to what it is not; effective in every process within a second',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'PUT', path: '/v1/flags/{codename}' },
  input: z.object({
    codename,
    active: z.boolean().optional().meta({ description: 'Left out: the other way round' }),
    label: z.string().trim().max(200).optional(),
    description: z.string().trim().max(2000).optional(),
    expiresAt: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .meta({ description: 'From then on what the code says holds; null: never' }),
    create: z.boolean().default(false).meta({ description: 'Make one that the code does not know of' }),
  }),
  output: flag,
  async run({ db, event }, { codename: wanted, active, label, description, expiresAt, create }) {
    const coded = declarationOf(declaredFlags, wanted);
    const mayCreate = create || coded !== undefined; // else a slip of the hand would make one
    const until = expiresAt === null ? 'infinity' : (expiresAt ?? null);
    await sql`select app.set_flag(${wanted}, ${active ?? null}::boolean, ${label ?? null}, ${description ?? null},
      ${until}::timestamptz, ${mayCreate}, ${coded?.default ?? false})`.execute(db);
    const found = await findFlag(db, wanted);
    event.on('flag', null);
    event.note({ codename: wanted, isActive: found.isActive, label, description, expiresAt });
    return found;
  },
});
