import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { checkOwnPassword } from '../account/check-own-password.ts';
import { chosenOf, requireSupabase, supabaseCredentials } from './credentials.ts';

export const linkSupabase = defineIdentityAction({
  name: 'users.linkSupabase',
  summary:
    'Link an account of Supabase to one’s own, having shown both: signing in there is signing in here from now on',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/user/supabase' },
  input: supabaseCredentials.extend({ currentPassword: z.string().min(1).max(200) }),
  output: z.object({ userId: z.uuid(), subject: z.uuid() }),
  person: ({ userId }) => userId,
  async prepare(context, { currentPassword, ...given }) {
    const supabase = requireSupabase(context.services);
    const chosen = chosenOf(given);
    await checkOwnPassword(context, currentPassword);
    const { subject, accessToken } = await supabase.signIn(chosen);
    await supabase.logOut(accessToken); // it was to see who they are
    return subject.id;
  },
  async run({ db, event, caller: { userId }, prepared: subject }) {
    await sql`select app.link_subject(${subject}::uuid)`.execute(db);
    event.note({ subject });
    return { userId, subject };
  },
});
