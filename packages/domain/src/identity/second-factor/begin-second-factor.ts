import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { findSecondFactor, sealSecret } from './second-factor-secret.ts';
import { makeSecret, uriOf } from './totp.ts';

export const beginSecondFactor = defineIdentityAction({
  name: 'secondFactor.begin',
  summary: 'Get a secret for an authenticator app; it counts once a code of it was confirmed',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/user/second-factor' },
  input: z.object({}),
  output: z.object({ uri: z.string().meta({ description: 'otpauth://…, to be shown as a QR code' }) }),
  async run({ caller: { userId }, db, services: { masterKeys } }) {
    const found = await findSecondFactor(db, masterKeys, userId);
    if (found?.isConfirmed) throw new DomainError('conflict', 'there is a second factor already: remove it first');
    await db.deleteFrom('identity.second_factors').where('user_id', '=', userId).execute();
    const secret = makeSecret();
    await db
      .insertInto('identity.second_factors')
      .values({ user_id: userId, secret: sealSecret(masterKeys, userId, secret) })
      .execute();
    const { email } = await db.selectFrom('users').select('email').where('id', '=', userId).executeTakeFirstOrThrow();
    return { uri: uriOf(secret, email) };
  },
});
