export { createFileObjectStore } from './file-object-store.ts';
export { openObjectStore } from './open-object-store.ts';
export { collectionEnvironment, type ObjectStoreSettings, objectStoreEnvironment } from './settings.ts';
