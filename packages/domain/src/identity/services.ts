import type { Database } from '@granary/db';
import type { MasterKeys } from '../encryption/master-keys.ts';
import type { Flags } from '../flags/flags.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { DefaultMembership } from './provision-subject.ts';
import type { SupabaseAuth } from './supabase/supabase-auth.ts';
import type { SupabaseSessions } from './supabase/supabase-sessions.ts';
import type { Throttle } from './throttle.ts';

export interface SessionLifetime {
  /** Without a request for so long, it ends. */
  readonly idleSeconds: number;
  /** Then it ends whatever happens. */
  readonly absoluteSeconds: number;
  /** A token older than this is replaced at the next request. */
  readonly renewAfterSeconds: number;
}

/** What actions on credentials need; made once per process. */
export interface IdentityServices {
  /** The identity login's. */
  readonly database: Database;
  readonly passwords: Passwords;
  readonly throttle: Throttle;
  readonly lifetime: SessionLifetime;
  readonly flags: Flags;
  /** Where new people belong at once; otherwise they are in no organization until they make one or are invited. */
  readonly membership?: DefaultMembership | undefined;
  /** How long a deleted organization can be restored. */
  readonly graceDays: number;
  /** Where people sign in at Supabase, and what keeps their tokens; neither where it is not set up. */
  readonly supabase?: SupabaseAuth | undefined;
  readonly supabaseSessions?: SupabaseSessions | undefined;
  /** What the secrets of second factors are sealed under. */
  readonly masterKeys: MasterKeys;
}
