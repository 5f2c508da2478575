import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { hashToken } from '../opaque-token.ts';
import { mailedToken } from '../schema.ts';

export const activate = defineIdentityAction({
  name: 'users.activate',
  summary: 'Open the account that was asked for, with the link that was mailed',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/activations' },
  input: z.object({ token: mailedToken }),
  output: z.object({ userId: z.uuid() }),
  person: ({ userId }) => userId,
  async run({ db, services: { membership } }, { token }) {
    const { rows } = await sql<{ id: string }>`
      select app.activate(${hashToken(token)}, ${membership?.tenantId ?? null}::uuid, ${membership?.role ?? null}) as id`.execute(
      db,
    );
    return { userId: rows[0]!.id };
  },
});
