import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTransport } from 'nodemailer';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Hands a mail over; rejects when it was not taken. */
export type Mailer = (mail: Mail) => Promise<void>;

export interface MailSettings {
  /** `smtp://` or `smtps://`, with login where the server wants one; without, mails become files. */
  readonly smtpUrl: string | undefined;
  readonly from: string;
  /** Where those files are put. */
  readonly mailbox: string;
}

export function createMailer({ smtpUrl, from, mailbox }: MailSettings): Mailer {
  if (smtpUrl === undefined) return fileMailer(from, mailbox);
  const transport = createTransport(smtpUrl, { from });
  return async (mail) => {
    await transport.sendMail(mail);
  };
}

/** One `.eml` file for each mail, there as a whole or not at all. */
function fileMailer(from: string, mailbox: string): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true }, { from });
  return async (mail) => {
    const { message } = await transport.sendMail(mail);
    await mkdir(mailbox, { recursive: true, mode: 0o700 });
    const file = path.join(mailbox, `${new Date().toISOString().replaceAll(':', '')}-${randomUUID()}.eml`);
    await writeFile(`${file}.part`, message, { mode: 0o600, flush: true });
    await rename(`${file}.part`, file);
  };
}
