/** What the promise gives, or undefined once the signal is aborted, however long the promise may still take. */
export async function unlessEnded<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  const end = () => resolve(undefined);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  promise.catch(() => {}); // nobody waits for its failure once it is late
  try {
    return await Promise.race([promise, ended]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
