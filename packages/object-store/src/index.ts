export { createFileObjectStore } from './file-object-store.ts';
