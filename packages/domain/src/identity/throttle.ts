import type { Database } from '@granary/db';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../errors/domain-error.ts';

export interface AttemptLimit {
  readonly attempts: number;
  readonly seconds: number;
}

/** There were too many attempts; with the seconds to wait. */
export class ThrottledError extends DomainError {
  /** Whether it is the first one that was refused, since attempts were let through. */
  readonly isFirst: boolean;
  readonly millisecondsToWait: number;

  constructor(limit: number, { msBeforeNext, consumedPoints }: RateLimiterRes) {
    const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
    super('limit_reached', 'too many attempts, try again later', { limit, retryAfterSeconds });
    this.millisecondsToWait = msBeforeNext;
    this.isFirst = consumedPoints === limit + 1;
  }
}

/**
 * Counts attempts in the database, outside of any transaction: a failed one counts although its transaction rolls back, in
 * every process, and after a restart.
 */
export class Throttle {
  readonly #limiter: (limit: AttemptLimit) => RateLimiterPostgres;

  constructor({ pool }: Pick<Database, 'pool'>) {
    const made = new Map<string, RateLimiterPostgres>();
    this.#limiter = ({ attempts, seconds }) => {
      const name = `${attempts}/${seconds}`;
      const limiter = made.get(name) ?? createLimiter(pool, attempts, seconds);
      made.set(name, limiter);
      return limiter;
    };
  }

  /**
   * One more attempt, or so many at once. Throws ThrottledError when there were too many; returns the milliseconds until
   * they are forgotten.
   */
  async attempt(key: string, limit: AttemptLimit, attempts = 1): Promise<number> {
    try {
      return (await this.#limiter(limit).consume(key, attempts)).msBeforeNext;
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new ThrottledError(limit.attempts, error);
    }
  }

  /** The attempts were justified: forget them. */
  async forgive(key: string, limit: AttemptLimit): Promise<void> {
    await this.#limiter(limit).delete(key);
  }
}

function createLimiter(storeClient: Database['pool'], points: number, duration: number): RateLimiterPostgres {
  return new RateLimiterPostgres({
    storeClient,
    storeType: 'pool',
    schemaName: 'identity',
    tableName: 'rate_limits',
    tableCreated: true,
    clearExpiredByTimeout: false, // the worker does
    keyPrefix: '',
    points,
    duration,
  });
}
