import { DomainError } from '@granary/domain';

/** Counts the streams that each person keeps open on this process. */
export class OpenStreams {
  readonly #byUser = new Map<string, number>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Passes a stream on, counted while it is read. Throws DomainError limit_reached at its first item. */
  async *count<T>(userId: string, stream: AsyncGenerator<T>): AsyncGenerator<T> {
    const open = this.#byUser.get(userId) ?? 0;
    if (open >= this.#most) throw new DomainError('limit_reached', 'too many open streams', { limit: this.#most });
    this.#byUser.set(userId, open + 1);
    try {
      yield* stream;
    } finally {
      const left = (this.#byUser.get(userId) ?? 1) - 1;
      if (left === 0) this.#byUser.delete(userId);
      else this.#byUser.set(userId, left);
    }
  }
}
