import { setTimeout as delay } from 'node:timers/promises';

const pauseMs = 1000;
/** What a line of a log may hold. */
const longest = 2000;

export interface BuildLog {
  add(line: string): void;
  /** Writes what is left, and ends. */
  close(): Promise<void>;
}

/**
 * Hands lines on as they come, at most once a second; asks also while none come, because the answer says whether the build is
 * still wanted: `onUnwanted` is called when not.
 */
export function openBuildLog(write: (lines: readonly string[]) => Promise<boolean>, onUnwanted: () => void): BuildLog {
  let waiting: string[] = [];
  const ending = new AbortController();
  const flush = async () => {
    const lines = waiting;
    waiting = [];
    if (!(await write(lines))) onUnwanted();
  };
  const loop = (async () => {
    while (!ending.signal.aborted) {
      await delay(pauseMs, undefined, { signal: ending.signal }).catch(() => {});
      if (!ending.signal.aborted) await flush();
    }
  })();
  loop.catch(onUnwanted); // what cannot be logged is not built
  return {
    add: (line) => void waiting.push(line.replaceAll('\0', '').slice(0, longest)),
    async close() {
      ending.abort();
      await loop;
      if (waiting.length > 0) await flush();
    },
  };
}
