import { z } from 'zod';
import { defineIdentityAction } from '../../actions/define-identity-action.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { accountKey, accountLimit } from '../sign-in-limits.ts';
import { findSecondFactor } from './second-factor-secret.ts';
import { useCode } from './use-code.ts';

export const removeSecondFactor = defineIdentityAction({
  name: 'secondFactor.remove',
  summary: 'Turn the second factor off, with a code of the app or a recovery code',
  access: 'session',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/user/second-factor/removal' },
  input: z.object({ code: z.string().min(1).max(20) }),
  output: z.object({ status: z.literal('removed') }),
  prepare: ({ caller: { userId }, services }) => services.throttle.attempt(accountKey(userId), accountLimit),
  async run({ caller: { userId }, db, event, services: { masterKeys } }, { code }) {
    const found = await findSecondFactor(db, masterKeys, userId);
    if (!found?.isConfirmed) throw new DomainError('conflict', 'there is no second factor');
    await useCode({ db, event }, userId, found, code);
    await db.deleteFrom('identity.second_factors').where('user_id', '=', userId).execute();
    return { status: 'removed' } as const;
  },
});
