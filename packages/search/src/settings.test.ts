import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openSearch } from './open-search.ts';
import { searchEnvironment } from './settings.ts';

test('the default is the model that comes along, and our own tables', () => {
  expect(searchEnvironment.parse({})).toMatchObject({ embeddings: 'local', vectorStore: 'postgres' });
});

test('off is words alone', () => {
  expect(openSearch(searchEnvironment.parse({ GRANARY_EMBEDDINGS: 'off' }))).toBeUndefined();
});

test.each([
  ['GRANARY_EMBEDDINGS', { GRANARY_EMBEDDINGS: 'on' }],
  ['GRANARY_EMBEDDINGS', { GRANARY_EMBEDDINGS: 'ftp://there' }],
  ['GRANARY_EMBEDDINGS_DIMENSIONS', { GRANARY_EMBEDDINGS_DIMENSIONS: '0' }],
  ['GRANARY_PINECONE_KEY', { GRANARY_VECTOR_STORE: 'https://index.example' }],
])('%s is refused by its name', (name, environment) => {
  expect(() => searchEnvironment.parse(environment)).toThrow(name);
});

test('every setting is documented', async () => {
  const read: string[] = [];
  const get = (_: object, name: string) => {
    read.push(name);
    return undefined;
  };
  searchEnvironment.parse(new Proxy({}, { get: (target, name) => get(target, String(name)) }));
  const example = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
  const ours = read.filter((name) => name.startsWith('GRANARY_'));
  expect(ours).toContain('GRANARY_PINECONE_KEY');
  for (const name of ours) expect(example, name).toMatch(new RegExp(`^#${name}=`, 'm'));
});
