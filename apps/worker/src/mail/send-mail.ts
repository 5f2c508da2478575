import { asSystem, type Database } from '@granary/db';
import { makeToken } from '@granary/domain';
import { sql } from 'kysely';
import type { Mailer } from './mailer.ts';
import { renderMail } from './render-mail.ts';

export interface SendMailDependencies {
  readonly database: Database;
  readonly mailer: Mailer;
  /** Where the links in mails lead. */
  readonly publicUrl: string;
}

interface Prepared {
  readonly purpose: string;
  readonly recipient: string;
  readonly name: string;
  readonly organization: string | null;
  readonly erasedAfter: string | null;
}

/**
 * Sends a mail once at least: after a crash between sending and noting it, a second time, with a link of its own. The
 * token of a link is made here and stands nowhere but in the mail.
 */
export async function sendMail(
  { database, mailer, publicUrl }: SendMailDependencies,
  { mailId }: { readonly mailId: string },
): Promise<void> {
  const token = makeToken();
  const mail = await asSystem(database, 'mail: prepare', async (db) => {
    const { rows } = await sql<Prepared>`
      select purpose, recipient, name, organization, erased_after as "erasedAfter" from app.prepare_mail(${mailId}::uuid, ${token.hash})`.execute(
      db,
    );
    return rows[0];
  });
  if (!mail) return; // sent before
  await mailer(renderMail({ ...mail, token: token.text }, publicUrl));
  await asSystem(database, 'mail: sent', (db) => sql`select app.mail_was_sent(${mailId}::uuid)`.execute(db));
}
