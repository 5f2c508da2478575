/** Ctrl-C, SIGTERM and a closed terminal, while something runs that must be taken down in order. */
export interface Interruption extends Disposable {
  /** Aborted by the first signal; its reason says which. */
  readonly signal: AbortSignal;
  /** Aborted by the second one: who presses Ctrl-C again does not want to wait. */
  readonly impatience: AbortSignal;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// One Ctrl-C arrives several times under npm: from the terminal, and passed on by each parent. In milliseconds.
const echo = 500;

/** Listens in place of Node, which would end the process, until disposed of. */
export function listenForInterruption(): Interruption {
  const first = new AbortController();
  const second = new AbortController();
  let since = 0;
  const listen = (name: NodeJS.Signals) => {
    const reason = new Error(`interrupted by ${name}`);
    if (!first.signal.aborted) {
      since = performance.now();
      first.abort(reason);
    } else if (performance.now() - since > echo) second.abort(reason);
  };
  for (const name of signals) process.on(name, listen);
  return {
    signal: first.signal,
    impatience: second.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, listen);
    },
  };
}
