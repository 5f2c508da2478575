import { DomainError, type Embedder } from '@granary/domain';
import { z } from 'zod';
import { requestJson } from './json-request.ts';
import { operatorsOutbound } from './operators-outbound.ts';

export interface RemoteOptions {
  /** As https://api.openai.com/v1; `/embeddings` is asked below it. */
  readonly url: string;
  readonly model: string;
  readonly key?: string | undefined;
  /** For models that shorten their vectors when they are asked to. */
  readonly dimensions?: number | undefined;
}

const answer = z.object({
  data: z.array(z.object({ index: z.int().nonnegative(), embedding: z.array(z.number()).min(1) })),
});

/** A model behind an endpoint that speaks as OpenAI's (POST /embeddings): theirs, or vLLM, Ollama, LiteLLM, text-embeddings-inference … */
export function remoteEmbedder({ url, model, key, dimensions }: RemoteOptions): Embedder {
  const base = url.replace(/\/+$/, '');
  const { host } = new URL(base);
  const outbound = operatorsOutbound(new URL(base));
  return {
    model: { name: model, version: dimensions === undefined ? host : `${host}, ${dimensions} dimensions` },
    async embed(texts, signal) {
      const { data } = await requestJson({
        outbound,
        service: `the embedding model at ${host}`,
        url: `${base}/embeddings`,
        headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
        body: { model, input: texts, encoding_format: 'float', dimensions },
        answer,
        signal,
      });
      const byIndex = new Map(data.map(({ index, embedding }) => [index, embedding]));
      return texts.map((_, index) => {
        const embedding = byIndex.get(index);
        if (!embedding) throw new DomainError('unavailable', `the embedding model at ${host} left out a text`);
        return embedding;
      });
    },
    close: () => outbound.close(),
  };
}
