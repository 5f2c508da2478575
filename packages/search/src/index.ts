export { type JsonRequest, requestJson } from './json-request.ts';
export { localEmbedder } from './local/local-embedder.ts';
export { openSearch } from './open-search.ts';
export { operatorsOutbound } from './operators-outbound.ts';
export { type SearchSettings, searchEnvironment } from './settings.ts';
