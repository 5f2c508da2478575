import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createDatabase } from '@granary/db';
import { createTestDatabase } from '@granary/db/testing';
import { actions, CatalogueMemory, executeAction, HeldSession } from '@granary/domain';
import { identityOf } from '@granary/domain/testing';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMailer } from '../src/mail/mailer.ts';
import { sendMail } from '../src/mail/send-mail.ts';
import { startWorker, type Worker } from '../src/queue/start-worker.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const dependencies = {
  database: createDatabase(database.pool('granary_api'), { prepared: true }),
  catalogue: new CatalogueMemory(),
  identity: identityOf(createDatabase(database.pool('granary_identity'), { prepared: true })),
};
const workerDatabase = createDatabase(database.pool('granary_worker'), { prepared: true });

const act = (name: string, input: object, held = new HeldSession()) => {
  const action = actions.find((each) => each.name === name) ?? expect.fail(`no action ${name}`);
  return executeAction(dependencies, action, { address: '192.0.2.1' }, input, held);
};

/** Mails that a real SMTP server took, decoded from quoted-printable; the next ones are refused while told so. */
const taken: string[] = [];
let refuses = 0;
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData(stream, _session, done) {
    text(stream).then((mail) => {
      if (refuses > 0) {
        refuses -= 1;
        return done(Object.assign(new Error('try again later'), { responseCode: 451 }));
      }
      taken.push(decode(mail));
      done();
    }, done);
  },
});
const decode = (mail: string) =>
  mail.replaceAll('=\r\n', '').replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

let worker: Worker;
let smtpUrl = '';
beforeAll(async () => {
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  const address = smtp.server.address();
  smtpUrl = `smtp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const mailer = createMailer({ smtpUrl, from: 'Granary <granary@example.org>', mailbox: '/nowhere' });
  const mail = { database: workerDatabase, mailer, publicUrl: 'https://granary.example.org' };
  const none = () => expect.fail('no other job here');
  const handlers = new Proxy({}, { get: () => ({ run: none, dead: none }) }) as never;
  worker = await startWorker({ url: database.url('granary_worker'), concurrency: 1, log: () => {} }, handlers, {
    'mail.send': (input) => sendMail(mail, input),
    'search.index': async () => {},
    'repository.check': async () => {},
    'image.check': async () => {},
    'repository.read': async () => {},
    'plugin.summarize': async () => {},
  });
  await owner.query(`insert into feature_flags (codename, is_active) values ('FF_ENABLE_REGISTRATION', true)`);
});
afterAll(async () => {
  await worker.stop(5000);
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
});
beforeEach(async () => {
  taken.length = 0;
  await owner.query('delete from identity.rate_limits'); // all of these come from one address
});

const password = 'quite a long winter evening';
const mailTo = async (recipient: string) => {
  const found = () => taken.find((mail) => mail.includes(`To: ${recipient}`));
  await expect.poll(found).toBeDefined();
  return found() ?? '';
};
const tokenIn = (mail: string) => /#token=([\w-]{43})/.exec(mail)?.[1] ?? expect.fail(`no link in ${mail}`);

test('an account opens by the link that was mailed, once; then its password signs in', async () => {
  await act('users.register', { email: 'ada@example.org', username: 'ada', name: 'Ada <b>', password });
  const { rows } = await owner.query('select count(*)::int as n from users');
  expect(rows, 'nobody exists before').toEqual([{ n: 0 }]);
  const mail = await mailTo('ada@example.org');
  expect(mail).toContain('https://granary.example.org/account/activate#token=');
  expect(mail).toContain('Hello Ada &lt;b&gt;,');
  const token = tokenIn(mail);
  const opened = await Promise.allSettled([act('users.activate', { token }), act('users.activate', { token })]);
  expect(opened.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(act('users.activate', { token })).rejects.toMatchObject({ kind: 'invalid' });
  const held = new HeldSession();
  await act('session.logIn', { login: 'ADA', password }, held);
  expect(held.change).toMatchObject({ token: expect.stringMatching(/^[\w-]{43}$/) });
});

test('an address that has an account gets the same answer, and a mail that says so', async () => {
  await owner.query(`insert into users (email, username) values ('Grace@example.org', 'Grace')`);
  const answer = await act('users.register', { email: 'grace@example.org', password });
  expect(answer).toEqual(await act('users.register', { email: 'nobody.yet@example.org', password }));
  const mail = await mailTo('grace@example.org');
  expect(mail).toContain('You have an account already');
  expect(mail).not.toContain('#token=');
});

test('whoever follows the link of their own registration gets the account, with their own password', async () => {
  await act('users.register', { email: 'victim@example.org', password: 'password of the attacker' });
  await mailTo('victim@example.org');
  taken.length = 0;
  await act('users.register', { email: 'victim@example.org', password });
  await act('users.activate', { token: tokenIn(await mailTo('victim@example.org')) });
  await act('session.logIn', { login: 'victim@example.org', password });
  await expect(
    act('session.logIn', { login: 'victim@example.org', password: 'password of the attacker' }),
  ).rejects.toMatchObject({ kind: 'unauthenticated' });
});

test('while registration is closed, nothing is created and no mail goes out', async () => {
  await owner.query('update feature_flags set is_active = false');
  await expect(act('users.register', { email: 'late@example.org', password })).rejects.toMatchObject({
    kind: 'forbidden',
    message: 'registration is not open',
  });
  const { rows } = await owner.query(`select from identity.registrations where email = 'late@example.org'`);
  expect(rows).toEqual([]);
  await owner.query('update feature_flags set is_active = true');
});

test('a forgotten password is replaced by the link that was mailed, once, and every session ends', async () => {
  const { userId } = (await act('session.logIn', { login: 'ada', password })) as { userId: string };
  await act('users.requestPasswordReset', { email: 'ADA@example.org' });
  await act('users.requestPasswordReset', { email: 'not.there@example.org' });
  expect(await mailTo('not.there@example.org')).not.toContain('#token=');
  const token = tokenIn(await mailTo('ADA@example.org'));
  await expect(act('users.resetPassword', { token, password: 'password123456' })).rejects.toMatchObject({
    kind: 'invalid',
  });
  await act('users.resetPassword', { token, password: 'an entirely new evening' });
  await expect(act('users.resetPassword', { token, password })).rejects.toMatchObject({ kind: 'invalid' });
  const { rows } = await owner.query(
    'select count(*)::int as n from identity.sessions where user_id = $1 and revoked_at is null',
    [userId],
  );
  expect(rows).toEqual([{ n: 0 }]);
  await act('session.logIn', { login: 'ada', password: 'an entirely new evening' });
  expect(await mailTo('ada@example.org')).toContain('Your password was changed');
});

test('no token of a link stands in the database, nor in the queue', async () => {
  await act('users.register', { email: 'hidden@example.org', password });
  const token = tokenIn(await mailTo('hidden@example.org'));
  for (const table of ['identity.mails', 'identity.mail_tokens', 'identity.registrations', 'jobs.job']) {
    const { rows } = await owner.query(`select to_jsonb(t)::text as row from ${table} t`);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(({ row }) => row).join()).not.toContain(token);
  }
});

test('a server that refuses for now gets the mail again, once it takes it', { timeout: 600_000 }, async () => {
  refuses = 1;
  await act('users.register', { email: 'patient@example.org', password });
  await act('users.activate', { token: tokenIn(await mailTo('patient@example.org')) });
  expect(refuses).toBe(0);
});

test('a line break in a name makes no header', async () => {
  await expect(
    act('users.register', { email: 'x@example.org\r\nBcc: all@example.org', password }),
  ).rejects.toMatchObject({ kind: 'invalid' });
  await act('users.register', { email: 'plain@example.org', name: 'A\r\nBcc: all@example.org', password });
  const [head = ''] = (await mailTo('plain@example.org')).split('\r\n\r\n');
  expect(head).not.toMatch(/^Bcc/m);
});

test('without a mail server a mail becomes a file, there as a whole', async () => {
  const mailbox = await mkdtemp(path.join(tmpdir(), 'granary-mailbox-'));
  await createMailer({ smtpUrl: undefined, from: 'granary@example.org', mailbox })({
    to: 'a@example.org',
    subject: 'S',
    text: 'T',
    html: '<p>T',
    link: undefined,
  });
  const files = await readdir(mailbox);
  expect(files).toEqual([expect.stringMatching(/\.eml$/)]);
  expect(await readFile(path.join(mailbox, files[0] ?? ''), 'utf8')).toMatch(/^From: granary@example\.org\r?\nTo: a@/m);
  await rm(mailbox, { recursive: true });
});
