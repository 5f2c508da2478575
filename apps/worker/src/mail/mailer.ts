import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTransport } from 'nodemailer';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Where it leads its reader: as good as a password, until it is used. */
  readonly link: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Hands a mail over; rejects when it was not taken. */
export type Mailer = (mail: Mail) => Promise<void>;

export interface MailSettings {
  /** `smtp://` or `smtps://`, with login where the server wants one; without, mails become files. */
  readonly smtpUrl: string | undefined;
  readonly from: string;
  /** Where those files are put. */
  readonly mailbox: string;
  /** Told of each file. Development alone has such a thing: whoever reads what it writes can follow the link. */
  readonly onFile?: ((mail: Pick<Mail, 'to' | 'subject' | 'link'>, file: string) => void) | undefined;
}

export function createMailer({ smtpUrl, from, ...files }: MailSettings): Mailer {
  if (smtpUrl === undefined) return fileMailer(from, files);
  const transport = createTransport(smtpUrl, { from });
  return async ({ to, subject, text, html, headers = {} }) => {
    await transport.sendMail({ to, subject, text, html, headers });
  };
}

/** One `.eml` file for each mail, there as a whole or not at all. */
function fileMailer(from: string, { mailbox, onFile }: Pick<MailSettings, 'mailbox' | 'onFile'>): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true }, { from });
  return async ({ to, subject, text, html, link, headers = {} }) => {
    const { message } = await transport.sendMail({ to, subject, text, html, headers });
    await mkdir(mailbox, { recursive: true, mode: 0o700 });
    const file = path.join(mailbox, `${new Date().toISOString().replaceAll(':', '')}-${randomUUID()}.eml`);
    await writeFile(`${file}.part`, message, { mode: 0o600, flush: true });
    await rename(`${file}.part`, file);
    onFile?.({ to, subject, link }, file);
  };
}
