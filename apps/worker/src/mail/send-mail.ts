import { asSystem, type Database, type SystemDb } from '@granary/db';
import { makeToken } from '@granary/domain';
import { sql } from 'kysely';
import type { Mailer } from './mailer.ts';
import type { DatedNotice } from './notices-letter.ts';
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
    const [found] = rows;
    if (!found || !tellsOfEvents.includes(found.purpose)) return found;
    return { ...found, notices: await noticesIn(db, mailId) };
  });
  if (!mail) return; // sent before, or there is nothing left that it could tell its reader
  await mailer(renderMail({ ...mail, token: token.text }, publicUrl));
  await asSystem(database, 'mail: sent', (db) => sql`select app.mail_was_sent(${mailId}::uuid)`.execute(db));
}

const tellsOfEvents: readonly string[] = ['notification', 'digest'];

/** What it tells of, with what things are called now: in the transaction in which nothing more was let into it. */
async function noticesIn(db: SystemDb, mailId: string): Promise<DatedNotice[]> {
  const { rows } = await sql<DatedNotice>`
    select type, data, created_at as "createdAt", actor_name as "actorName", dataset_name as "datasetName",
      todo_title as "todoTitle", key_name as "keyName" from app.notices_in(${mailId}::uuid)`.execute(db);
  return rows;
}
