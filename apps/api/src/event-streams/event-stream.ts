/** Something to tell. Whoever resumes after its id misses nothing. */
export interface StreamedEvent {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
}

const quietMs = 15_000;

/**
 * Events as text/event-stream (WHATWG HTML, section 9.2), with a comment whenever nothing happened for a while so
 * that proxies keep the connection. A failure ends the stream with an event `error`, whose data `describe` gives; where
 * that is null the stream just ends, and the listener connects again.
 */
export async function* eventStream(
  events: AsyncGenerator<StreamedEvent>,
  describe: (error: unknown) => object | null,
): AsyncGenerator<string> {
  yield 'retry: 1000\n\n';
  let pending = events.next();
  try {
    for (;;) {
      const result = await orQuiet(pending);
      if (result === 'quiet') {
        yield ': still here\n\n';
        continue;
      }
      if (result.done) return;
      const { id, name, data } = result.value;
      yield `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
      pending = events.next();
    }
  } catch (error) {
    const described = describe(error);
    if (described) yield `event: error\ndata: ${JSON.stringify(described)}\n\n`;
  } finally {
    pending.catch(() => {}); // the listener left while we were asking
    await events.return(undefined);
  }
}

async function orQuiet<T>(pending: Promise<T>): Promise<T | 'quiet'> {
  const { promise: quiet, resolve } = Promise.withResolvers<'quiet'>();
  const timer = setTimeout(resolve, quietMs, 'quiet');
  try {
    return await Promise.race([pending, quiet]);
  } finally {
    clearTimeout(timer);
  }
}
