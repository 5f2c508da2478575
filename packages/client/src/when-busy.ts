const attempts = 5;
const longestWaitSeconds = 5;

/**
 * Sends again what a busy API turned away before it looked at it: it says so by 503 with Retry-After, so that nothing can
 * happen twice. What is still turned away at the fifth time is its caller's to see; a body that can be sent only once is
 * sent once.
 */
export async function sendWhenBusy(send: () => Promise<Response>, init: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send();
    const wait = response.status === 503 ? secondsToWait(response) : undefined;
    if (wait === undefined || attempt === attempts || init.body instanceof ReadableStream) return response;
    await response.body?.cancel();
    await pause(wait * 1000 * (0.5 + Math.random()), init.signal ?? undefined);
  }
}

function secondsToWait({ headers }: Response): number | undefined {
  const text = headers.get('retry-after');
  return text !== null && /^\d+$/.test(text) ? Math.min(Number(text), longestWaitSeconds) : undefined;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(end, milliseconds);
    const abort = () => end(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    function end(reason?: unknown) {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      if (signal?.aborted) reject(reason);
      else resolve();
    }
  });
}
