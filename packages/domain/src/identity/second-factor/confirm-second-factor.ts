import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { accountKey, accountLimit } from '../sign-in-limits.ts';
import { hashRecoveryCode, makeRecoveryCodes } from './recovery-codes.ts';
import { findSecondFactor } from './second-factor-secret.ts';
import { useCode } from './use-code.ts';

export const confirmSecondFactor = defineIdentityAction({
  name: 'secondFactor.confirm',
  summary: 'Turn the second factor on with a code of the app; gives recovery codes, this once',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/user/second-factor/confirmation' },
  input: z.object({ code: z.string().min(1).max(20) }),
  output: z.object({ recoveryCodes: z.array(z.string()) }),
  prepare: ({ caller: { userId }, services }) => services.throttle.attempt(accountKey(userId), accountLimit),
  async run({ caller: { userId }, db, event, services: { masterKeys } }, { code }) {
    const found = await findSecondFactor(db, masterKeys, userId);
    if (!found || found.isConfirmed) throw new DomainError('conflict', 'no second factor waits to be confirmed');
    await useCode({ db, event }, userId, found, code);
    await db
      .updateTable('identity.second_factors')
      .set({ confirmed_at: sql`now()` })
      .where('user_id', '=', userId)
      .execute();
    const recoveryCodes = makeRecoveryCodes();
    await db
      .insertInto('identity.recovery_codes')
      .values(recoveryCodes.map((each) => ({ user_id: userId, code_hash: hashRecoveryCode(each) })))
      .execute();
    return { recoveryCodes };
  },
});
