import { fork } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ReadError } from '../read-error.ts';
import { type StreamEnd, type StreamMessage, type StreamRequest, streamMessage } from './stream-protocol.ts';

const entry = fileURLToPath(new URL('./stream-child.ts', import.meta.url));
const heapMegabytes = 512;
/** A record of the longest kind with every byte escaped. */
const maxLineBytes = 256 << 20;

/**
 * Reads a stream of hostile bytes in a process of its own, which gets them by a pipe. Calls back for each message, one
 * after the other; resolves with the last. Throws ReadError, or the signal's reason. What the process would print to its
 * standard error goes nowhere: it may repeat what it read.
 */
export async function readInStreamProcess(
  bytes: AsyncIterable<Buffer>,
  request: StreamRequest,
  signal: AbortSignal,
  take: (message: StreamMessage) => Promise<void>,
): Promise<StreamEnd> {
  signal.throwIfAborted();
  const child = fork(entry, {
    env: {},
    execArgv: [`--max-old-space-size=${heapMegabytes}`, '--disable-warning=ExperimentalWarning'],
    stdio: ['pipe', 'pipe', 'ignore', 'ipc'],
    serialization: 'json',
  });
  const kill = () => void child.kill('SIGKILL');
  const gone = once(child, 'exit');
  gone.catch(() => {}); // awaited at the end
  signal.addEventListener('abort', kill);
  try {
    child.send(request, () => {});
    const fed = pipeline(bytes, child.stdin!, { signal });
    fed.catch(() => {}); // a child that has failed reads no more, and says why
    let end: StreamEnd | null = null;
    for await (const line of linesOf(child.stdout!)) {
      const message = parse(line);
      if (message.type === 'failed') throw new ReadError(message.kind, message.message);
      if (message.type === 'end') end = message;
      await take(message);
    }
    signal.throwIfAborted();
    if (!end) throw new ReadError('crashed', 'The process that was reading the file ended unexpectedly.');
    await fed; // all of it, and without an error on our side
    return end;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
    await gone;
  }
}

function parse(line: Buffer): StreamMessage {
  try {
    return streamMessage.parse(JSON.parse(line.toString('utf8')));
  } catch {
    throw new ReadError('crashed', 'The process that was reading the file said what it may not say.'); // without saying what
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      yield parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      parts = [];
      length = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > maxLineBytes)
      throw new ReadError('crashed', 'The process that was reading the file does not end its line.');
  }
}
