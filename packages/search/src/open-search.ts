import type { SearchServices } from '@granary/domain';
import { localEmbedder } from './local/local-embedder.ts';
import { pinecone } from './pinecone.ts';
import { remoteEmbedder } from './remote-embedder.ts';
import type { SearchSettings } from './settings.ts';

/** What the settings ask for; nothing is loaded or asked before the first text. Undefined where search goes by words alone. */
export function openSearch(settings: SearchSettings): (SearchServices & { close(): Promise<void> }) | undefined {
  const { embeddings, model, key, dimensions, vectorStore, pineconeKey } = settings;
  if (embeddings === 'off') return undefined;
  const embedder =
    embeddings === 'local' ? localEmbedder() : remoteEmbedder({ url: embeddings, model, key, dimensions });
  const vectors =
    vectorStore === 'postgres' || pineconeKey === undefined
      ? undefined
      : pinecone({ url: vectorStore, key: pineconeKey });
  return {
    embedder,
    vectors,
    async close() {
      await Promise.all([embedder.close(), vectors?.close()]);
    },
  };
}
