import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGranaryClient } from '@granary/client';
import { operatorActions } from '@granary/domain';
import { type CookieJar, cookieFetch } from '../caller/cookie-fetch.ts';
import type { Act } from '../operator/with-operator.ts';
import { mailedToken } from './mailed-link.ts';
import { Refusals } from './refusals.ts';

export interface SignInScene {
  readonly url: string;
  /** An operator, who opens registration. */
  readonly act: Act;
  /** Where the worker's mails lie. */
  readonly mailbox: string;
  /** Somebody else's organization, and a dataset in it. */
  readonly foreign: { readonly organizationId: string; readonly datasetId: string };
  readonly signal: AbortSignal;
}

export interface SignIn {
  /** What a new person did, from registering to logging out. */
  readonly signInSteps: number;
  /** What was refused on the way, each for its own reason. */
  readonly signInRefusals: number;
  readonly problems: readonly string[];
}

/**
 * Somebody registers, opens the account with the link from the mailbox, signs in by cookie, founds an organization, makes a
 * key and uses it; and tries at every turn what must not be. Ends at the first step that fails: the others need it.
 */
export async function proveSignIn(scene: SignInScene): Promise<SignIn> {
  const record = new Course();
  try {
    await live(scene, record);
  } catch (error) {
    scene.signal.throwIfAborted();
    record.problems.push(`after ${record.steps} steps of signing in: ${error}`);
  }
  return { signInSteps: record.steps, signInRefusals: record.refusals, problems: record.problems };
}

async function live({ url, act, mailbox, foreign, signal }: SignInScene, { did, refused }: Course): Promise<void> {
  const [login, password] = [`person-${randomBytes(4).toString('hex')}@example.org`, randomBytes(16).toString('hex')];
  const jar: CookieJar = new Map();
  const browser = (options: Parameters<typeof cookieFetch>[1]) =>
    createGranaryClient({ url, auth: { cookie: true }, fetch: cookieFetch(url, options) });
  const person = browser({ jar });
  const flag = (active: boolean) => act(operatorActions.setFlag, { codename: 'FF_ENABLE_REGISTRATION', active });

  await flag(false);
  await refused('registering while it is closed', 'forbidden', person.users.register({ email: login, password }));
  await did(flag(true));
  await did(clientSees(() => person.flags.evaluatePublic(), signal));
  await did(person.users.register({ email: login, password, name: 'Somebody New' }));
  await refused('signing in before the link', 'unauthenticated', person.session.logIn({ login, password }));
  const token = await mailedToken(mailbox, login, signal);
  await did(person.users.activate({ token }));
  await refused('the link a second time', 'invalid', person.users.activate({ token }));
  await refused('a wrong password', 'unauthenticated', person.session.logIn({ login, password: `${password}x` }));
  await refused('asking without a cookie', 'unauthenticated', person.session.whoAmI());
  await did(person.session.logIn({ login, password }));
  if ((await did(person.session.whoAmI())).email !== login) throw new Error('signed in as somebody else');

  const { organizationId } = await did(person.organizations.create({ name: 'New Organization' }));
  await did(person.session.switchOrganization({ organizationId }));
  const { organizationId: elsewhere, datasetId } = foreign;
  await refused(
    'switching to a foreign organization',
    'not_found',
    person.session.switchOrganization({ organizationId: elsewhere }),
  );
  await refused('a foreign dataset', 'not_found', person.datasets.get({ datasetId }));
  await refused(
    'a request from another site',
    'forbidden',
    browser({ jar, origin: 'https://elsewhere.example' }).organization.rename({ name: 'Taken Over' }),
  );
  await refused('managing people', 'forbidden', person.users.list());

  const made = await did(person.keys.create({ name: 'check', scopes: ['dataset:read'] }));
  const program = createGranaryClient({ url, auth: { apiKey: made.secret } });
  await did(program.datasets.list());
  await refused('a key beyond its scope', 'forbidden', program.organization.rename({ name: 'Taken Over' }));
  await refused('a key in a person’s place', 'forbidden', program.organizations.list());
  await did(person.keys.revoke({ keyId: made.key.id }));
  await refused('a revoked key', 'unauthenticated', program.datasets.list());

  const former: CookieJar = new Map(jar);
  await did(person.session.logOut());
  await refused('the session after log-out', 'unauthenticated', browser({ jar: former }).session.whoAmI());
}

const patience = 30_000;

/** The toggle, where a client asks before log-in: in a process that was told nothing of it. */
async function clientSees(
  ask: () => Promise<readonly { readonly codename: string; readonly value: boolean }[]>,
  signal: AbortSignal,
): Promise<void> {
  const isOn = async () => (await ask()).some(({ codename, value }) => codename === 'FF_ENABLE_REGISTRATION' && value);
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(50, undefined, { signal }))
    if (await isOn()) return;
  throw new Error(`no client saw the flag within ${patience / 1000} seconds`);
}

class Course extends Refusals {
  steps = 0;

  readonly did = async <T>(step: Promise<T>): Promise<T> => {
    const result = await step;
    this.steps += 1;
    return result;
  };
}
