import type { OutputOf } from '@granary/client';
import type { Terminal } from '../output/terminal.ts';

export type ApiKey = OutputOf<'keys.list'>[number];

export function stateOf({ revokedAt, expiresAt, isActive }: ApiKey): string {
  if (revokedAt !== null) return 'revoked';
  if (!isActive) return 'disabled';
  return expiresAt === null ? 'active' : `until ${expiresAt}`;
}

/** A key with its secret, which nobody can show again. */
export function printNewKey(
  { print, note }: Terminal,
  json: true | undefined,
  made: { readonly key: ApiKey; readonly secret: string },
): void {
  print(json ? JSON.stringify(made) : `key      ${made.key.id}  ${stateOf(made.key)}\nsecret   ${made.secret}`);
  note('The secret is shown this once: keep it where secrets are kept.');
}
