/** What decided, as app.explain_access names it. */
export const accessReasons = [
  'role',
  'owner',
  'share',
  'not_a_member',
  'membership_ended',
  'account_inactive',
  'organization_closing',
  'no_role',
  'key_revoked',
  'key_switched_off',
  'key_expired',
  'key_network',
  'key_scope',
  'session_ended',
  'no_access_to_dataset',
  'share_too_weak',
] as const;
export type AccessReason = (typeof accessReasons)[number];

interface Explained {
  readonly permission: string;
  readonly roles: readonly { readonly name: string; readonly grants: boolean }[];
  readonly shares: readonly { readonly access: string; readonly with: string; readonly suffices: boolean }[];
}

const names = (roles: Explained['roles']): string => roles.map(({ name }) => name).join(', ') || 'none';

/** For people: one sentence. */
export const describeReason: Readonly<Record<AccessReason, (explained: Explained) => string>> = {
  role: ({ permission, roles }) => `allowed: ${permission} comes with ${names(roles.filter(({ grants }) => grants))}`,
  owner: () => 'allowed: the dataset is theirs, and a role gives the permission',
  share: ({ shares }) => {
    const deciding = shares.find(({ suffices }) => suffices);
    return `allowed: the dataset is shared for ${deciding?.access ?? 'it'} with ${withWhom(deciding?.with)}, and a role gives the permission`;
  },
  not_a_member: () => 'refused: not a member of the organization',
  membership_ended: () => 'refused: no member of the organization any more',
  account_inactive: () => 'refused: the account is not active',
  organization_closing: () => 'refused: the organization was deleted, and nobody may do anything in it',
  no_role: ({ permission, roles }) => `refused: none of their roles gives ${permission} (${names(roles)})`,
  key_revoked: () => 'refused: the API key was revoked',
  key_switched_off: () => 'refused: the API key is switched off',
  key_expired: () => 'refused: the API key has expired',
  key_network: () => 'refused: the API key may not be used from this address',
  key_scope: ({ permission }) => `refused: the API key lacks the scope ${permission}, which its maker has`,
  session_ended: () => 'refused: the session has ended',
  no_access_to_dataset: () => 'refused: there is no such dataset that is theirs or shared with them',
  share_too_weak: ({ permission, shares }) =>
    `refused: the dataset is shared with them for ${shares[0]?.access ?? 'less'} at most, which is less than ${permission}`,
};

const withWhom = (kind: string | undefined): string =>
  kind === 'member' ? 'them' : kind === 'role' ? 'a role of theirs' : 'everybody in the organization';
