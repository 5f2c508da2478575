export interface DeclaredFlag {
  /** What it is while the database does not say. */
  readonly default: boolean;
  readonly label: string;
  readonly description: string;
  /** Which clients are told of it: also those that have not signed in, those that have, or none. */
  readonly visibleTo: 'everybody' | 'signedIn' | 'server';
}

export type DeclaredFlags = Readonly<Record<`FF_${string}`, DeclaredFlag>>;

/** The flags that the code asks for. One that is not here cannot be asked for: the type check fails. */
export const declaredFlags = {
  FF_ENABLE_REGISTRATION: {
    default: false, // the database asks for it as well, and there a flag that nobody has touched is off
    label: 'anybody may ask for an account',
    description:
      'On: users.register mails a link that opens an account. Off: accounts are made by operators and invitations.',
    visibleTo: 'everybody',
  },
} as const satisfies DeclaredFlags;

/** What the code says of any name, also of one from outside. */
export const declarationOf = (declared: DeclaredFlags, codename: string): DeclaredFlag | undefined =>
  Object.entries(declared).find(([name]) => name === codename)?.[1];
