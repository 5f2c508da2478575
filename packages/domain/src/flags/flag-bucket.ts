import { hash } from 'node:crypto';

/** Of so many, each gets its own share of users or organizations; a hundredth of a percent is one of them. */
export const buckets = 10_000;

/**
 * Where a user or an organization stands in a flag's rollout, from 0 to 9,999: the first four bytes of SHA-256 over
 * `codename:id`. The same for ever and in every process, so that who has a flag keeps it while its rollout grows; another
 * for each flag, so that not the same people try everything. app.flag_bucket is the same.
 */
export const flagBucket = (codename: string, id: string): number =>
  hash('sha256', `${codename}:${id}`, 'buffer').readUInt32BE(0) % buckets;
