/** What a mailed link asks of its reader; the API's own pages, for installations whose frontend has none. */
export interface AccountPage {
  readonly title: string;
  readonly text: string;
  /** Where its form posts, beside the token. */
  readonly action: string;
  readonly asksPassword: boolean;
  readonly buttons: readonly AccountButton[];
  readonly done: string;
}

export interface AccountButton {
  readonly label: string;
  /** To the body. */
  readonly adds?: Readonly<Record<string, unknown>>;
  /** Where it posts, if not where its page does. */
  readonly action?: string;
  /** False where the page's password is not its business. */
  readonly sendsPassword?: false;
}

/** By the last part of their address, which the mails name (apps/worker/src/mail). */
export const accountPages: Readonly<Record<string, AccountPage>> = {
  activate: {
    title: 'Activate your account',
    text: 'Open the account that was asked for with this address.',
    action: '/v1/activations',
    asksPassword: false,
    buttons: [{ label: 'Activate' }],
    done: 'The account is open: sign in with the password that you chose.',
  },
  'reset-password': {
    title: 'Set a new password',
    text: 'Every session of your account ends.',
    action: '/v1/password-resets/complete',
    asksPassword: true,
    buttons: [{ label: 'Set the password' }],
    done: 'The password is set: sign in with it.',
  },
  'change-email': {
    title: 'Confirm your new address',
    text: 'It becomes the address of your account.',
    action: '/v1/email-changes',
    asksPassword: false,
    buttons: [{ label: 'Confirm' }],
    done: 'This is the address of your account now.',
  },
  invitation: {
    title: 'You are invited',
    text: 'If the address that was invited has an account, sign in with it, then answer here. If it has none, choose a password: accepting opens one.',
    action: '/v1/invitations/answers',
    asksPassword: true,
    buttons: [
      { label: 'Open an account and accept', action: '/v1/invitations/registrations' },
      { label: 'Accept', adds: { accept: true }, sendsPassword: false },
      { label: 'Decline', adds: { accept: false }, sendsPassword: false },
    ],
    done: 'Your answer was taken.',
  },
  notifications: {
    title: 'No more of these mails',
    text: 'You get no more mails about what stood in the mail that led you here. Your inbox goes on, and in the application you choose what you are told of, and how.',
    action: '/v1/notifications/unsubscriptions',
    asksPassword: false,
    buttons: [{ label: 'Send me no more of these' }],
    done: 'You get no more of these mails.',
  },
};
