import type { Database } from '@granary/db';
import type { MasterKeys } from '../encryption/master-keys.ts';
import { Flags } from '../flags/flags.ts';
import { Passwords } from '../identity/passwords/passwords.ts';
import type { DefaultMembership } from '../identity/provision-subject.ts';
import type { IdentityServices } from '../identity/services.ts';
import { Throttle } from '../identity/throttle.ts';

export interface OperatorSettings {
  readonly masterKeys: MasterKeys;
  /** As at the API: whom an operator lets in belongs where everybody does. */
  readonly membership: DefaultMembership | undefined;
}

/** What operator actions need, on the connection of the database's owner. */
export const operatorServices = (
  database: Database,
  { masterKeys, membership }: OperatorSettings,
): IdentityServices => ({
  database,
  passwords: new Passwords(),
  throttle: new Throttle(database),
  lifetime: { idleSeconds: 0, absoluteSeconds: 0, renewAfterSeconds: 0 }, // nobody signs in by it
  graceDays: 0, // nor deletes anything
  flags: new Flags(database),
  masterKeys,
  membership,
});
