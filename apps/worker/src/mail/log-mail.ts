import type { Log } from '../log.ts';
import type { MailSettings } from './mailer.ts';

/** Where a developer looks for the link that a real server would have brought to somebody's mailbox. */
export const logMail =
  (log: Log): NonNullable<MailSettings['onFile']> =>
  ({ to, subject, link }, file) =>
    log('a mail lies in the mailbox', { to, subject, link, file });
