import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createTestDatabase } from '@granary/db/testing';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const database = await createTestDatabase();
const owner = database.pool('postgres');
const directory = await mkdtemp(path.join(tmpdir(), 'granary-mail-log-'));
afterAll(() => rm(directory, { recursive: true }));
beforeAll(() => owner.query(`insert into feature_flags (codename, is_active) values ('FF_ENABLE_REGISTRATION', true)`));

/** A worker with these settings, and what it logs. */
function startWorker(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../src/main.ts')], {
    env: {
      ...process.env,
      GRANARY_WORKER_DATABASE_URL: database.url('granary_worker'),
      GRANARY_DATA_DIR: directory,
      GRANARY_WORK_DIR: path.join(directory, 'work'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (piece: string) => lines.push(piece));
  const stop = async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  onTestFinished(stop);
  return { log: () => lines.join(''), stop };
}

const register = (email: string) => owner.query(`select app.register($1, null, 'Ada', '$argon2id$', '1 day')`, [email]);

/** The file of the mail to somebody, once it lies there. */
async function fileTo(recipient: string): Promise<string> {
  let found: string | undefined;
  await expect
    .poll(async () => {
      const names = await readdir(path.join(directory, 'mailbox')).catch(() => []);
      const mails = names.filter((name) => name.endsWith('.eml'));
      const texts = await Promise.all(mails.map((name) => readFile(path.join(directory, 'mailbox', name), 'utf8')));
      found = texts.find((mail) => mail.includes(`To: ${recipient}`));
      return found;
    })
    .toBeDefined();
  return found ?? '';
}

const link = /http:\/\/127\.0\.0\.1:4780\/account\/activate#token=[\w-]{43}/;

test('in development the link of a mail stands in the log, as in the file', async () => {
  const { log } = startWorker({ NODE_ENV: 'development' });
  await register('dev@example.org');
  await expect.poll(log).toMatch(link);
  const [logged = ''] = link.exec(log()) ?? [];
  const mail = (await fileTo('dev@example.org')).replaceAll('=\r\n', '').replaceAll('=3D', '=');
  expect(mail).toContain(logged);
});

test('in production it stands in the file alone', async () => {
  const { log, stop } = startWorker({ NODE_ENV: 'production' });
  await register('prod@example.org');
  await fileTo('prod@example.org');
  await stop();
  expect(log()).toContain('"stopped"');
  expect(log()).not.toContain('token');
});

test('a mail that goes out by SMTP never has its link in the log', async () => {
  const taken: string[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      text(stream).then((mail) => {
        taken.push(mail);
        done();
      }, done);
    },
  });
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => smtp.close(() => resolve())));
  const address = smtp.server.address();
  const port = typeof address === 'object' ? address?.port : '';
  const { log, stop } = startWorker({ NODE_ENV: 'development', GRANARY_SMTP_URL: `smtp://127.0.0.1:${port}` });
  await register('smtp@example.org');
  await expect.poll(() => taken.join()).toContain('smtp@example.org');
  await stop();
  expect(log()).toContain('"stopped"');
  expect(log()).not.toContain('token');
});
