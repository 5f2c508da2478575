import type { VectorDatabase } from '@granary/domain';
import { z } from 'zod';
import { requestJson } from './json-request.ts';
import { operatorsOutbound } from './operators-outbound.ts';

export interface PineconeOptions {
  /** The index's own address: https://<index>-<project>.svc.<environment>.pinecone.io */
  readonly url: string;
  readonly key: string;
}

const anything = z.object({});
const matches = z.object({ matches: z.array(z.object({ id: z.string() })) });

/** Pinecone's data plane by HTTP (docs.pinecone.io/reference/api, version 2025-04); a namespace for each organization. */
export function pinecone({ url, key }: PineconeOptions): VectorDatabase & { close(): Promise<void> } {
  const base = url.replace(/\/+$/, '');
  const outbound = operatorsOutbound(new URL(base));
  const ask = <T>(path: string, body: unknown, answer: z.ZodType<T>, signal: AbortSignal | undefined) =>
    requestJson({
      outbound,
      service: 'Pinecone',
      url: `${base}${path}`,
      headers: { 'api-key': key, 'x-pinecone-api-version': '2025-04' },
      body,
      answer,
      signal,
    });
  return {
    name: 'pinecone',
    async put(namespace, vectors, signal) {
      const records = vectors.map(({ key: id, vector, kind, categories }) => ({
        id,
        values: vector,
        metadata: { kind, categories },
      }));
      await ask('/vectors/upsert', { namespace, vectors: records }, anything, signal);
    },
    async remove(namespace, keys, signal) {
      await ask('/vectors/delete', { namespace, ids: keys }, anything, signal);
    },
    async nearest(namespace, { vector, most, kinds, categories }, signal) {
      const filter = { kind: { $in: kinds }, ...(categories && { categories: { $in: categories } }) };
      const found = await ask(
        '/query',
        { namespace, vector, topK: most, filter, includeValues: false, includeMetadata: false },
        matches,
        signal,
      );
      return found.matches.map(({ id }) => id);
    },
    close: () => outbound.close(),
  };
}
