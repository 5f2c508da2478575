import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createDatabase } from '@granary/db';
import { createTestDatabase, createTestOrganization } from '@granary/db/testing';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMailer } from '../src/mail/mailer.ts';
import { sendMail } from '../src/mail/send-mail.ts';
import { dispatchEvents } from '../src/notifications/dispatch-events.ts';
import { keepNotifications } from '../src/notifications/keep-notifications.ts';
import { startDispatching } from '../src/notifications/start-dispatching.ts';
import { startWorker, type Worker } from '../src/queue/start-worker.ts';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const one = createDatabase(database.pool('granary_worker'), { prepared: true });
const other = createDatabase(database.pool('granary_worker'), { prepared: true });
const { signal } = new AbortController();
const noProblem = ({ problem }: { problem: string }) => expect.fail(problem);
const handOn = async () => {
  while ((await dispatchEvents(one, noProblem)) > 0);
};

/** Mails that a real SMTP server took, head and body decoded from quoted-printable. */
const taken: string[] = [];
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData(stream, _session, done) {
    text(stream).then((mail) => {
      taken.push(decode(mail));
      done();
    }, done);
  },
});
const decode = (mail: string) =>
  Buffer.from(
    mail
      .replaceAll('=\r\n', '')
      .replaceAll(/\r\n[\t ]/g, ' ')
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

let queue: Worker;
const mail = {
  database: one,
  mailer: createMailer({ smtpUrl: undefined, from: '', mailbox: '/nowhere' }),
  publicUrl: '',
};
beforeAll(async () => {
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  const address = smtp.server.address();
  const smtpUrl = `smtp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const mailer = createMailer({ smtpUrl, from: 'Granary <granary@example.org>', mailbox: '/nowhere' });
  Object.assign(mail, { mailer, publicUrl: 'https://granary.example.org' });
});
afterAll(() => new Promise<void>((resolve) => smtp.close(() => resolve())));

/** Sends whatever waits in the queue, as the worker does. */
async function sendAll(): Promise<void> {
  const { rows } = await owner.query<{ id: string }>(
    `select m.id from identity.mails m where m.sent_at is null
     and exists (select from jobs.job j where j.name = 'mail.send' and j.data #>> '{input,mailId}' = m.id::text) order by m.id`,
  );
  for (const { id } of rows) await sendMail(mail, { mailId: id });
}
const mailsTo = async (userId: string) => {
  const { rows } = await owner.query<{ email: string }>('select email from users where id = $1', [userId]);
  return taken.filter((each) => each.includes(`To: ${rows[0]?.email}`));
};

/** An organization whose members have been told of nothing yet. */
async function office(name: string) {
  const organization = await createTestOrganization(owner, name);
  await handOn();
  for (const table of ['notifications', 'identity.mails', 'outbox_events'])
    await owner.query(`delete from ${table} where tenant_id = $1`, [organization.tenantId]);
  const { tenantId, as } = organization;
  return {
    ...organization,
    async choose(type: string, by: string) {
      await owner.query('select app.write_preference($1, $2, $3, null, $4)', [tenantId, as.viewer.userId, type, by]);
    },
    /** To-dos for the viewer, in one transaction; their events wait. */
    async give(...titles: string[]): Promise<void> {
      await owner.query(
        'insert into todos (tenant_id, owner_id, assignee_id, title) select $1, $2, $3, unnest($4::text[])',
        [tenantId, as.editor.userId, as.viewer.userId, titles],
      );
    },
    async told(): Promise<number> {
      const { rows } = await owner.query<{ n: number }>(
        'select count(*)::int as n from notifications where tenant_id = $1 and user_id = $2',
        [tenantId, as.viewer.userId],
      );
      return rows[0]?.n ?? 0;
    },
    async waiting(): Promise<number> {
      const { rows } = await owner.query<{ n: number }>(
        'select count(*)::int as n from outbox_events where tenant_id = $1 and dispatched_at is null',
        [tenantId],
      );
      return rows[0]?.n ?? 0;
    },
  };
}

test('two dispatchers at once tell everybody once', async () => {
  const { give, told, waiting } = await office('two at once');
  for (let round = 0; round < 20; round += 1) await give(`${round} a`, `${round} b`, `${round} c`);
  const looked = await Promise.all(
    [one, other, one, other].map(async (each) => {
      let total = 0;
      // who finds that the organization is another's looks again: it is not done because somebody is at it
      while ((await waiting()) > 0) total += await dispatchEvents(each, noProblem, 7);
      return total;
    }),
  );
  expect(looked.reduce((sum, each) => sum + each, 0)).toBe(60);
  expect(await told()).toBe(60);
  // and an event that is handed on once more changes nothing
  await owner.query(`update outbox_events set dispatched_at = null`);
  await handOn();
  expect(await told()).toBe(60);
});

test('a worker that is killed before or while it hands on has lost nothing, and nothing is told twice', async () => {
  const { give, told, waiting } = await office('killed');
  await give('committed, and then the worker was killed', 'another one');
  expect(await waiting()).toBe(2);
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'killed-dispatcher.ts'), database.url('granary_worker')],
    { stdio: 'inherit' },
  );
  await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  expect(await told()).toBe(0);
  const dispatching = startDispatching({ database: other, log: () => {} });
  await expect.poll(told).toBe(2);
  await dispatching.stop();
  expect(await waiting()).toBe(0);
});

test('who is to be told at once gets one mail for what happened together, and one click ends such mails', async () => {
  const { as, tenantId, give } = await office('Labs of {organization} <b>');
  await give('Look <at> $& the gaps\r\nBcc: all@example.org', 'Second');
  await handOn();
  await sendAll();
  const [told = '', ...more] = await mailsTo(as.viewer.userId);
  expect(more).toEqual([]);
  const [head = '', body = ''] = told.split(/\r\n\r\n/, 2);
  expect(head).toMatch(/^Subject: .*2 notifications from/m);
  expect(head).not.toMatch(/^Bcc/m);
  const [, token = ''] =
    /^List-Unsubscribe: <https:\/\/granary\.example\.org\/account\/notifications\?token=([\w-]{43})>$/m.exec(head) ??
    [];
  expect(head).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m);
  expect(told).toContain('- Somebody gave you the to-do “Second”');
  expect(told).toContain('“Look <at> $& the gaps Bcc: all@example.org”');
  expect(told).toContain('<li>Somebody gave you the to-do “Look &lt;at&gt; $&amp; the gaps Bcc: all@example.org”');
  expect(told).toContain('In the organization “Labs of {organization} <b>”:');
  expect(told).toContain(`https://granary.example.org/account/notifications#token=${token}`);
  expect(body).toBeDefined();
  const { rows } = await owner.query('select types from app.unsubscribe(sha256(convert_to($1, $2)))', [token, 'UTF8']);
  expect(rows).toEqual([{ types: ['todo.assigned'] }]);
  await give('Third');
  await handOn();
  await sendAll();
  expect(await mailsTo(as.viewer.userId)).toHaveLength(1);
  const mails = await owner.query('select 1 from identity.mails where tenant_id = $1 and sent_at is null', [tenantId]);
  expect(mails.rows).toEqual([]);
});

test('one thing alone is the subject; a mail that was prepared takes no more, and goes out again after a crash', async () => {
  const { as, tenantId, give } = await office('prepared');
  await give('First');
  await handOn();
  const { rows } = await owner.query<{ id: string }>('select id from identity.mails where tenant_id = $1', [tenantId]);
  const broken = { ...mail, mailer: () => Promise.reject(new Error('the power failed')) };
  await expect(sendMail(broken, { mailId: rows[0]?.id ?? '' })).rejects.toThrow('the power failed');
  await give('Second');
  await handOn();
  await sendAll();
  await sendAll();
  const mails = await mailsTo(as.viewer.userId);
  expect(mails.map((each) => /“(First|Second)”/.exec(each)?.[1])).toEqual(['First', 'Second']);
});

test('a mail whose job has given up is tried again for three days, and not while it waits', async () => {
  const { as, tenantId, give } = await office('mail server away');
  await give('patient');
  await handOn();
  const jobsOf = async () => {
    const { rows } = await owner.query<{ state: string }>(
      `select j.state from jobs.job j join identity.mails m on m.id::text = j.data #>> '{input,mailId}' where m.tenant_id = $1`,
      [tenantId],
    );
    return rows.map(({ state }) => state);
  };
  const keep = () => keepNotifications({ database: one, now: new Date(), signal });
  await owner.query(`update identity.mails set created_at = now() - interval '1 hour' where tenant_id = $1`, [
    tenantId,
  ]);
  await keep();
  expect(await jobsOf()).toEqual(['created']);
  await owner.query(`update jobs.job set state = 'failed' where name = 'mail.send'`);
  await keep();
  await keep();
  expect((await jobsOf()).sort()).toEqual(['created', 'failed']);
  await sendAll();
  expect(await mailsTo(as.viewer.userId)).toHaveLength(1);
  await owner.query(`update jobs.job set state = 'failed' where name = 'mail.send'`);
  await keep();
  expect(await jobsOf()).toEqual(['failed', 'failed']);
});

test('of what may not be read any more no mail tells, and none is sent that would be empty', async () => {
  const { as, tenantId } = await office('lost access');
  const made = await owner.query<{ id: string }>(
    `insert into datasets (tenant_id, owner_id, name) values ($1, $2, 'salaries') returning id`,
    [tenantId, as.editor.userId],
  );
  const datasetId = made.rows[0]?.id;
  await owner.query(`insert into dataset_shares (tenant_id, dataset_id, user_id, access) values ($1, $2, $3, 'read')`, [
    tenantId,
    datasetId,
    as.viewer.userId,
  ]);
  await handOn();
  await owner.query('delete from dataset_shares where dataset_id = $1', [datasetId]);
  await sendAll();
  expect(await mailsTo(as.viewer.userId)).toEqual([]);
  const { rows } = await owner.query('select sent_at from identity.mails where tenant_id = $1', [tenantId]);
  expect(rows).toEqual([{ sent_at: expect.any(String) }]);
  expect(taken.join()).not.toContain('salaries');
});

test('a digest tells once in each period what came in it, and none is made of nothing', async () => {
  const { as, choose, give } = await office('digests');
  await choose('todo.assigned', 'daily');
  const daysFromNow = (days: number, hour = 1) => {
    const now = new Date();
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + days, hour));
  };
  const keep = (database: typeof one, now: Date) => keepNotifications({ database, now, signal });
  await give('Monday', 'also Monday');
  await handOn();
  await keep(one, daysFromNow(0, 23));
  await sendAll();
  expect(await mailsTo(as.viewer.userId), 'the day is not over').toEqual([]);

  // two workers at once, twice, and the mail after a crash between sending and noting it
  await Promise.all([one, other, one, other].map((each) => keep(each, daysFromNow(1))));
  await sendAll();
  const [first = '', ...more] = await mailsTo(as.viewer.userId);
  expect(more).toEqual([]);
  expect(first).toContain('“Monday”');
  expect(first).toContain('“also Monday”');

  await give('Tuesday');
  await handOn();
  await keep(one, daysFromNow(1, 22));
  await sendAll();
  expect(await mailsTo(as.viewer.userId), 'the digest of that day was made already').toHaveLength(1);
  await keep(one, daysFromNow(2));
  await keep(other, daysFromNow(2));
  await keep(other, daysFromNow(3));
  await sendAll();
  const mails = await mailsTo(as.viewer.userId);
  expect(mails).toHaveLength(2);
  expect(mails[1]).toContain('“Tuesday”');
  expect(mails[1]).not.toContain('Monday');
});

test('a week is over on Monday, and what one does not want any more is left out', async () => {
  const { as, choose, give } = await office('weeks');
  await choose('todo.assigned', 'weekly');
  await owner.query(
    `select app.write_preference(tenant_id, user_id, 'member.joined', null, 'weekly') from memberships
    where tenant_id = $1 and user_id = $2`,
    [as.viewer.tenantId, as.viewer.userId],
  );
  await give('this week');
  await handOn();
  const { rows } = await owner.query<{ monday: Date; sunday: Date }>(
    `select date_trunc('week', now() at time zone 'UTC') at time zone 'UTC' + interval '7 days' as monday,
      date_trunc('week', now() at time zone 'UTC') at time zone 'UTC' + interval '7 days' - interval '1 second' as sunday`,
  );
  await keepNotifications({ database: one, now: new Date(rows[0]?.sunday ?? 0), signal });
  await sendAll();
  expect(await mailsTo(as.viewer.userId)).toEqual([]);
  await keepNotifications({ database: one, now: new Date(rows[0]?.monday ?? 0), signal });
  await sendAll();
  expect(await mailsTo(as.viewer.userId)).toHaveLength(1);
  await give('next week');
  await handOn();
  await choose('todo.assigned', 'off');
  await keepNotifications({
    database: one,
    now: new Date(new Date(rows[0]?.monday ?? 0).getTime() + 8 * 86_400_000),
    signal,
  });
  await sendAll();
  expect(await mailsTo(as.viewer.userId)).toHaveLength(1);
});

test('what is due is told of once: a to-do on its day, a key in its last week', async () => {
  const { as, tenantId } = await office('due');
  await owner.query(
    `insert into todos (tenant_id, owner_id, assignee_id, title, due_on, completed_at, completed_by)
     values ($1, $2, $3, 'due', '2031-05-05', null, null), ($1, $2, null, 'nobody’s', '2031-05-05', null, null),
       ($1, $2, $3, 'done', '2031-05-05', now(), $3), ($1, $2, $3, 'later', '2031-05-06', null, null)`,
    [tenantId, as.editor.userId, as.viewer.userId],
  );
  await owner.query(
    `insert into api_keys (tenant_id, user_id, name, secret_hash, scopes, expires_at, is_active)
     values ($1, $2, 'ends', sha256('a'), '{dataset:read}', '2031-05-10', true), ($1, $2, 'off', sha256('b'), '{dataset:read}', '2031-05-10', false)`,
    [tenantId, as.editor.userId],
  );
  await owner.query('delete from outbox_events where tenant_id = $1', [tenantId]);
  for (const moment of ['2031-05-04T23:00:00Z', '2031-05-05T00:00:00Z', '2031-05-05T12:00:00Z', '2031-05-05T23:00:00Z'])
    await Promise.all([one, other].map((each) => keepNotifications({ database: each, now: new Date(moment), signal })));
  await handOn();
  const { rows } = await owner.query(
    `select n.type, n.user_id = $2 as viewer, coalesce(t.title, k.name) as what from notifications n
     left join todos t on t.id::text = n.subject_id left join api_keys k on k.id::text = n.subject_id
     where n.tenant_id = $1 order by 1, 3`,
    [tenantId, as.viewer.userId],
  );
  expect(rows).toEqual([
    { type: 'api_key.expiring', viewer: false, what: 'ends' },
    { type: 'todo.due', viewer: true, what: 'due' },
    { type: 'todo.due', viewer: false, what: 'nobody’s' },
  ]);
});

test('what was read three months ago, and what was handed on a month ago, is forgotten', async () => {
  const { tenantId, give, told } = await office('old');
  await give('old and read', 'old and unread', 'read yesterday');
  await handOn();
  await owner.query(
    `update notifications n set read_at = now() - case t.title when 'old and read' then interval '91 days' else interval '89 days' end
     from todos t where n.tenant_id = $1 and t.id::text = n.subject_id and t.title <> 'old and unread'`,
    [tenantId],
  );
  await owner.query(
    `update outbox_events set dispatched_at = now() - interval '31 days' where tenant_id = $1
     and id in (select id from outbox_events where tenant_id = $1 order by id limit 2)`,
    [tenantId],
  );
  await owner.query(`select app.emit_event($1, 'plan.changed', 'organization', 'x', '{}')`, [tenantId]);
  await owner.query(`update outbox_events set created_at = now() - interval '60 days' where tenant_id = $1`, [
    tenantId,
  ]);
  await keepNotifications({ database: one, now: new Date(), signal });
  expect(await told()).toBe(2);
  const { rows } = await owner.query('select type from outbox_events where tenant_id = $1 order by type', [tenantId]);
  expect(rows.map(({ type }) => type)).toEqual(['plan.changed', 'todo.assigned']);
});

test('the queue sends what was handed on, by itself', async () => {
  const { as, give } = await office('by itself');
  await owner.query(`delete from jobs.job where name = 'mail.send'`); // sent above
  const none = () => expect.fail('no other job here');
  const handlers = new Proxy({}, { get: () => ({ run: none, dead: none }) }) as never;
  queue = await startWorker({ url: database.url('granary_worker'), concurrency: 1, log: () => {} }, handlers, {
    'mail.send': (input) => sendMail(mail, input),
    'search.index': async () => {},
    'repository.check': async () => {},
    'image.check': async () => {},
    'repository.read': async () => {},
    'plugin.summarize': async () => {},
  });
  const dispatching = startDispatching({ database: one, log: () => {} });
  await give('by the queue');
  await expect.poll(() => mailsTo(as.viewer.userId)).toHaveLength(1);
  await Promise.all([dispatching.stop(), queue.stop(5000)]);
});
