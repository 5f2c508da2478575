import { buckets, flagBucket } from './flag-bucket.ts';
import type { StoredFlag } from './stored-flags.ts';

/** Whom a flag is asked for; ids as PostgreSQL writes them. */
export interface FlagContext {
  readonly userId?: string | undefined;
  readonly tenantId?: string | undefined;
}

/** As OpenFeature names them (specification 1.4.7 and types). CACHED is none of ours: nothing is remembered of an answer. */
export type FlagReason = 'STATIC' | 'DEFAULT' | 'TARGETING_MATCH' | 'SPLIT' | 'DISABLED' | 'STALE' | 'ERROR';
export type FlagErrorCode = 'FLAG_NOT_FOUND' | 'TARGETING_KEY_MISSING' | 'PROVIDER_NOT_READY';

export interface FlagEvaluation {
  readonly value: boolean;
  readonly reason: FlagReason;
  readonly errorCode?: FlagErrorCode;
}

/**
 * Whether a flag is on. The first that applies:
 *
 * 1. neither stored nor declared: an error, FLAG_NOT_FOUND
 * 2. not stored, or expired: what the code says (DEFAULT)
 * 3. switched off: off for everybody, whatever its targets say (DISABLED)
 * 4. a target that names the user, then one that names the organization (TARGETING_MATCH)
 * 5. a rollout between 0 and 100 %: by the bucket of the user or the organization (SPLIT); for nobody in particular what
 *    the code says, with the error TARGETING_KEY_MISSING
 * 6. on at 100 %, off at 0 %: STATIC where nobody can get another answer, else DEFAULT
 *
 * app.flag_for is the same rule for what the database itself decides.
 */
export function evaluateFlag(
  flag: StoredFlag | undefined,
  coded: boolean | undefined,
  { userId, tenantId }: FlagContext,
  now: () => number = Date.now,
): FlagEvaluation {
  const byCode = coded ?? false;
  if (flag === undefined)
    return coded === undefined ? failed(false, 'FLAG_NOT_FOUND') : { value: coded, reason: 'DEFAULT' };
  if (flag.expiresAt !== null && flag.expiresAt <= now()) return { value: byCode, reason: 'DEFAULT' };
  if (!flag.isActive) return { value: false, reason: 'DISABLED' };
  const targeted =
    (userId === undefined ? undefined : flag.users.get(userId)) ??
    (tenantId === undefined ? undefined : flag.tenants.get(tenantId));
  if (targeted !== undefined) return { value: targeted, reason: 'TARGETING_MATCH' };
  if (flag.rollout > 0 && flag.rollout < 100) {
    const unit = flag.splitBy === 'user' ? userId : tenantId;
    if (unit === undefined) return failed(byCode, 'TARGETING_KEY_MISSING');
    // numeric(5,2) times 100 is whole; as a double it may be off by a little
    const share = Math.round((flag.rollout * buckets) / 100);
    return { value: flagBucket(flag.codename, unit) < share, reason: 'SPLIT' };
  }
  const isForAll = flag.users.size + flag.tenants.size === 0;
  return { value: flag.rollout === 100, reason: isForAll ? 'STATIC' : 'DEFAULT' };
}

const failed = (value: boolean, errorCode: FlagErrorCode): FlagEvaluation => ({ value, reason: 'ERROR', errorCode });
