export { localEmbedder } from './local/local-embedder.ts';
