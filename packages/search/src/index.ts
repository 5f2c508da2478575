export { localEmbedder } from './local/local-embedder.ts';
export { openSearch } from './open-search.ts';
export { type SearchSettings, searchEnvironment } from './settings.ts';
