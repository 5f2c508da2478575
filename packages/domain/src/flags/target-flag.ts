import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import { DomainError } from '../errors/domain-error.ts';
import { declarationOf, declaredFlags } from './declared-flags.ts';
import { findFlag } from './queries.ts';
import { codename, flag } from './schema.ts';

export const targetFlag = defineIdentityAction({
  name: 'flags.target',
  summary: 'Have a flag on or off for one user or one organization, or again as for everybody else',
  access: 'operator',
  kind: 'mutation',
  rest: { method: 'PUT', path: '/v1/flags/{codename}/targets' },
  input: z.object({
    codename,
    userId: z.uuid().optional().describe('either this'),
    organizationId: z.uuid().optional().describe('or this'),
    on: z.boolean().nullable().describe('null: as for everybody else'),
  }),
  output: flag,
  async run({ db, event }, { codename: wanted, userId, organizationId, on }) {
    if ((userId === undefined) === (organizationId === undefined))
      throw new DomainError('invalid', 'name a user or an organization, one of them');
    const coded = declarationOf(declaredFlags, wanted);
    await sql`select app.target_flag(${wanted}, ${organizationId ?? null}::uuid, ${userId ?? null}::uuid, ${on},
      ${coded !== undefined}, ${coded?.default ?? false})`.execute(db);
    event.on('flag', null);
    event.note({ codename: wanted, userId, organizationId, on });
    return findFlag(db, wanted);
  },
});
