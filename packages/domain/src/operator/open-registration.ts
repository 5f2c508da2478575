import { sql } from 'kysely';
import { z } from 'zod';
import { defineOperatorAction } from '../actions/define-identity-action.ts';
import { findUser } from '../identity/people/find-user.ts';
import { user } from '../identity/people/schema.ts';
import { email } from '../identity/schema.ts';

export const openRegistration = defineOperatorAction({
  name: 'operator.openRegistration',
  summary: 'Open the account that somebody registered for, without the link that was mailed',
  kind: 'mutation',
  input: z.object({ email, registrationId: z.uuid().optional() }),
  output: user,
  person: ({ id }) => id,
  async run({ db, event, services: { membership } }, { email: address, registrationId }) {
    const { rows } = await sql<{ id: string }>`
      select app.open_registration(${address}, ${registrationId ?? null}::uuid, ${membership?.tenantId ?? null}::uuid,
        ${membership?.role ?? null}) as id`.execute(db);
    const opened = await findUser(db, rows[0]!.id);
    event.note({ email: opened.email });
    return opened;
  },
});
