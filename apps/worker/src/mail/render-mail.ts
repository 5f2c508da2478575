import type { Mail } from './mailer.ts';
import { type DatedNotice, noticesLetter } from './notices-letter.ts';

/** What identity.mails knows of one, and the token that was made for its link. */
export interface MailToWrite {
  readonly purpose: string;
  readonly recipient: string;
  readonly name: string;
  readonly token: string;
  /** The organization that it is about, and until when that can be restored once it is deleted. */
  readonly organization?: string | null;
  readonly erasedAfter?: string | null;
  /** The events that it tells of, where it does. */
  readonly notices?: readonly DatedNotice[];
}

export interface Letter {
  readonly subject: string;
  /** Paragraphs. */
  readonly before: readonly string[];
  readonly items?: readonly string[];
  /** What introduces the link, where that is not what stands before it. */
  readonly linkFollows?: string;
  readonly link?: { readonly path: string; readonly label: string };
  readonly after?: readonly string[];
}

const ignore = 'If this was not you, you need not do anything.';

/** What each mail says. The link's path is of the frontend, or of the API's own pages. */
const letters: Readonly<Record<string, Letter>> = {
  activation: {
    subject: 'Activate your account',
    before: ['Somebody asked for an account with this address. To open it, follow this link within 24 hours:'],
    link: { path: '/account/activate', label: 'Activate the account' },
    after: [ignore],
  },
  already_registered: {
    subject: 'You have an account already',
    before: [
      'Somebody asked for an account with this address, which has one. Sign in, or ask for a new password if you forgot yours.',
      ignore,
    ],
  },
  password_reset: {
    subject: 'Set a new password',
    before: ['Somebody asked for a new password for your account. To set one, follow this link within 30 minutes:'],
    link: { path: '/account/reset-password', label: 'Set a new password' },
    after: [ignore],
  },
  no_account: {
    subject: 'There is no active account with this address',
    before: ['Somebody asked for a new password for an account with this address, but no active one has it.', ignore],
  },
  invitation: {
    subject: 'You are invited',
    before: ['You are invited to join this organization. To accept or decline, follow this link within seven days:'],
    link: { path: '/account/invitation', label: 'See the invitation' },
    after: ['If you know nothing of it, you need not do anything.'],
  },
  organization_deleted: {
    subject: 'An organization of yours was deleted',
    before: [
      'The organization “{organization}” was deleted by an owner. Nobody can use it any more, and its API keys do not work.',
      'On {date} everything in it will be erased for ever. Until then an owner can restore it.',
    ],
  },
  organization_restored: {
    subject: 'An organization of yours was restored',
    before: [
      'The organization “{organization}” was restored. Everything in it is as it was, and its API keys work again.',
    ],
  },
  email_change: {
    subject: 'Confirm your new address',
    before: ['This address is to become that of your account. To confirm it, follow this link within an hour:'],
    link: { path: '/account/change-email', label: 'Confirm the address' },
    after: [ignore],
  },
  email_changed: {
    subject: 'Your address was changed',
    before: [
      'Your account has another address now, and this one is not used for it any more.',
      'If this was not you, tell whoever runs this installation at once.',
    ],
  },
  password_changed: {
    subject: 'Your password was changed',
    before: [
      'The password of your account was changed, and every other session of it ended.',
      'If this was not you, ask for a new password at once.',
    ],
  },
};

/** A mail as plain text and as HTML. Whatever people chose, such as a name, is escaped. Throws for an unknown purpose. */
export function renderMail(mail: MailToWrite, publicUrl: string): Mail {
  const { purpose, recipient, name, token, notices } = mail;
  const letter = notices ? noticesLetter(mail.organization ?? '', notices) : letters[purpose];
  if (!letter) throw new Error(`no mail says ${purpose}`);
  // behind the # it reaches no server's log and no Referer
  const address = letter.link && `${publicUrl}${letter.link.path}#token=${token}`;
  const greeting = name === '' ? 'Hello,' : `Hello ${name},`;
  const { after = [], subject, items = [], linkFollows } = letter;
  const before = letter.before.map((paragraph) => (notices ? paragraph : fillIn(paragraph, mail)));
  const introduction = linkFollows === undefined ? [] : [linkFollows];
  const list = items.map((item) => `- ${item}`).join('\n');
  const text = [
    greeting,
    ...before,
    ...(items.length > 0 ? [list] : []),
    ...introduction,
    ...(address === undefined ? [] : [address]),
    ...after,
  ].join('\n\n');
  const html = [
    ...[greeting, ...before].map((each) => `<p>${escapeHtml(each)}</p>`),
    ...(items.length > 0 ? [`<ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`] : []),
    ...introduction.map((each) => `<p>${escapeHtml(each)}</p>`),
    ...(address === undefined
      ? []
      : [`<p><a href="${escapeHtml(address)}">${escapeHtml(letter.link?.label ?? address)}</a></p>`]),
    ...after.map((each) => `<p>${escapeHtml(each)}</p>`),
  ].join('\n');
  return {
    to: recipient,
    subject,
    text: `${text}\n`,
    html: `<!doctype html><meta charset="utf-8"><title>${escapeHtml(subject)}</title>\n${html}\n`,
    link: address,
    ...(notices && { headers: unsubscribing(`${publicUrl}/account/notifications?token=${token}`) }),
  };
}

/** By which a mail program unsubscribes at a click (RFC 2369, RFC 8058; the latter for https alone). */
const unsubscribing = (address: string): Readonly<Record<string, string>> => ({
  'Auto-Submitted': 'auto-generated', // RFC 3834: nobody's holiday notice answers it
  'List-Unsubscribe': `<${address}>`,
  ...(address.startsWith('https:') && { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
});

/** The replacement is a function: a name may have `$&` in it. */
const fillIn = (paragraph: string, { organization, erasedAfter }: MailToWrite): string =>
  paragraph
    .replace('{date}', () => erasedAfter?.slice(0, 10) ?? '')
    .replace('{organization}', () => organization ?? '');

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);
