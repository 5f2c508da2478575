import type { IdentityDb } from '@granary/db';
import { sql } from 'kysely';
import { z } from 'zod';
import { defineIdentityAction } from '../actions/define-identity-action.ts';
import type { MasterKeys } from '../encryption/master-keys.ts';
import { DomainError } from '../errors/domain-error.ts';
import type { EventDraft } from './event-draft.ts';
import { findSecondFactor } from './second-factor/second-factor-secret.ts';
import { useCode } from './second-factor/use-code.ts';
import { startSession } from './sessions/start-session.ts';
import { accountKey, accountLimit, limitAttempts } from './sign-in-limits.ts';
import { ThrottledError } from './throttle.ts';

export const logIn = defineIdentityAction({
  name: 'session.logIn',
  summary: 'Sign in with a password; the session travels as a cookie',
  access: 'public',
  kind: 'mutation',
  rest: { method: 'POST', path: '/v1/session' },
  input: z.object({
    login: z.string().trim().min(1).max(254).meta({ description: 'E-mail address or user name' }),
    password: z.string().min(1).max(200),
    code: z
      .string()
      .min(1)
      .max(20)
      .optional()
      .meta({ description: 'Of the authenticator app, or a recovery code, once the answer asks for it' }),
    device: z.string().max(500).optional().meta({ description: 'How the list of sessions calls it' }),
  }),
  output: z.object({ userId: z.uuid() }),
  person: ({ userId }) => userId,
  async prepare({ caller, services, event, read }, { login, password, code }) {
    const find = () => read((db) => findAccount(db, event, login));
    await limitAttempts(services.throttle, caller, login).catch(async (error: unknown) => {
      if (error instanceof ThrottledError && error.isFirst) await find(); // for the auditor, who is told once
      throw error;
    });
    const account = await find();
    const isRight = await services.passwords.verify(account?.password ?? null, password);
    // an account that is not active is told so only to who knows its password
    if (!account || !isRight) {
      event.refuse(account ? 'wrong_password' : 'unknown_account');
      throw new DomainError('unauthenticated', 'the name or the password is wrong');
    }
    if (!account.is_active) {
      event.refuse('inactive');
      throw new DomainError('forbidden', 'the account is not active');
    }
    await read((db) => checkSecondFactor({ db, event }, services.masterKeys, account.user_id, code));
    await services.throttle.forgive(accountKey(login), accountLimit);
    const isOutdated = services.passwords.isOutdated(account.password);
    return {
      userId: account.user_id,
      was: account.password,
      renewed: isOutdated ? await services.passwords.hash(password) : null,
    };
  },
  async run({ caller, db, services, held, event, prepared: { userId, was, renewed } }, { device, code }) {
    if (renewed !== null)
      await db
        .updateTable('identity.accounts')
        .set({ password: renewed, updated_at: sql`now()` })
        .where('user_id', '=', userId)
        .where('password', '=', was) // not over one that was changed meanwhile
        .execute();
    const started = await startSession(db, held, {
      userId,
      visit: caller,
      userAgent: device,
      lifetime: services.lifetime,
    });
    event.in(started.tenantId);
    event.note({ sessionId: started.sessionId, device, secondFactor: code !== undefined });
    return { userId };
  },
});

async function findAccount(db: IdentityDb, event: EventDraft, login: string) {
  const { rows } = await sql<{ user_id: string; is_active: boolean; password: string; home: string | null }>`
    select user_id, is_active, password, app.home_of(user_id) as home from app.find_password(${login})`.execute(db);
  const [account] = rows;
  event.about(account?.user_id ?? null);
  event.in(account?.home ?? null);
  return account;
}

async function checkSecondFactor(
  { db, event }: { readonly db: IdentityDb; readonly event: EventDraft },
  masterKeys: MasterKeys,
  userId: string,
  code: string | undefined,
): Promise<void> {
  const factor = await findSecondFactor(db, masterKeys, userId);
  if (!factor?.isConfirmed) return;
  if (code === undefined) {
    event.refuse('second_factor_missing');
    throw new DomainError('unauthenticated', 'a code of the second factor is needed', { reason: 'second_factor' });
  }
  await useCode({ db, event }, userId, factor, code);
}
