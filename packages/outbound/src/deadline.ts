import { OutboundError } from './outbound-error.ts';

export type Deadline = ReturnType<typeof startDeadline>;

/** The time that a request has, and the caller's own wish to end it, as one signal. */
export function startDeadline(totalMs: number, callers: AbortSignal | undefined) {
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(), totalMs);
  const signal = callers ? AbortSignal.any([overdue.signal, callers]) : overdue.signal;
  return {
    signal,
    clear: () => clearTimeout(timer),
    /** Why it ended, if the signal ended it. */
    reasonAt(url: URL): OutboundError | undefined {
      if (callers?.aborted)
        return new OutboundError('aborted', 'the request was given up', url, { cause: callers.reason });
      return overdue.signal.aborted ? new OutboundError('timeout', `not done within ${totalMs} ms`, url) : undefined;
    },
    /** undici notices a signal only once it is connected; whoever waits for an answer need not wait for that. */
    async race<T>(answer: Promise<T>): Promise<T> {
      const { promise, reject } = Promise.withResolvers<never>();
      const end = () => reject(signal.reason);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      try {
        return await Promise.race([answer, promise]);
      } finally {
        signal.removeEventListener('abort', end);
        answer.catch(() => {});
      }
    },
  };
}
