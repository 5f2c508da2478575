import type { Mail } from './mailer.ts';

/** What identity.mails knows of one, and the token that was made for its link. */
export interface MailToWrite {
  readonly purpose: string;
  readonly recipient: string;
  readonly name: string;
  readonly token: string;
}

interface Letter {
  readonly subject: string;
  /** Paragraphs. */
  readonly before: readonly string[];
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
export function renderMail({ purpose, recipient, name, token }: MailToWrite, publicUrl: string): Mail {
  const letter = letters[purpose];
  if (!letter) throw new Error(`no mail says ${purpose}`);
  // behind the # it reaches no server's log and no Referer
  const address = letter.link && `${publicUrl}${letter.link.path}#token=${token}`;
  const greeting = name === '' ? 'Hello,' : `Hello ${name},`;
  const { before, after = [], subject } = letter;
  const text = [greeting, ...before, ...(address === undefined ? [] : [address]), ...after].join('\n\n');
  const paragraphs = [
    ...[greeting, ...before].map(escapeHtml),
    ...(address === undefined
      ? []
      : [`<a href="${escapeHtml(address)}">${escapeHtml(letter.link?.label ?? address)}</a>`]),
    ...after.map(escapeHtml),
  ];
  const html = `<!doctype html><meta charset="utf-8"><title>${escapeHtml(subject)}</title>\n${paragraphs.map((each) => `<p>${each}</p>`).join('\n')}\n`;
  return { to: recipient, subject, text: `${text}\n`, html, link: address };
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);
