import { expect, onTestFinished, test } from 'vitest';
import { pinecone } from './pinecone.ts';
import { type Asked, jsonServer } from './testing/local-server.ts';

async function index(answer: (asked: Asked) => { status?: number; json?: unknown }) {
  const server = await jsonServer(answer);
  const vectors = pinecone({ url: server.url, key: 'pcsk_secret' });
  onTestFinished(() => vectors.close());
  return { vectors, asked: server.asked };
}

// the shapes of docs.pinecone.io/reference/api/2025-04/data-plane
const answers: Readonly<Record<string, unknown>> = {
  '/vectors/upsert': { upsertedCount: 1 },
  '/vectors/delete': {},
  '/query': {
    results: [],
    matches: [
      { id: 'b', score: 0.9, values: [] },
      { id: 'a', score: 0.8, values: [] },
    ],
    namespace: 'an organization',
    usage: { readUnits: 5 },
  },
};

test('vectors are put, asked for and removed as Pinecone documents it, in the namespace of their organization', async () => {
  const { vectors, asked } = await index(({ path }) => ({ json: answers[path] }));
  await vectors.put('an organization', [{ key: 'a', vector: [1, 0], kind: 'block', categories: ['c'] }]);
  const query = { vector: [1, 0], most: 2, kinds: ['block'] };
  expect(await vectors.nearest('an organization', query)).toEqual(['b', 'a']);
  await vectors.nearest('an organization', { ...query, categories: ['c'] });
  await vectors.remove('an organization', ['a']);
  expect(asked.map(({ path, body }) => [path, body])).toEqual([
    [
      '/vectors/upsert',
      {
        namespace: 'an organization',
        vectors: [{ id: 'a', values: [1, 0], metadata: { kind: 'block', categories: ['c'] } }],
      },
    ],
    [
      '/query',
      {
        namespace: 'an organization',
        vector: [1, 0],
        topK: 2,
        filter: { kind: { $in: ['block'] } },
        includeValues: false,
        includeMetadata: false,
      },
    ],
    ['/query', expect.objectContaining({ filter: { kind: { $in: ['block'] }, categories: { $in: ['c'] } } })],
    ['/vectors/delete', { namespace: 'an organization', ids: ['a'] }],
  ]);
  for (const { headers } of asked)
    expect(headers).toMatchObject({ 'api-key': 'pcsk_secret', 'x-pinecone-api-version': '2025-04' });
});

test('a refusal is unavailable, and tells no secret', async () => {
  const { vectors } = await index(() => ({ status: 403, json: { code: 7, message: 'pcsk_secret' } }));
  const failure = await vectors.remove('an organization', ['a']).catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'unavailable', message: 'Pinecone answered with status 403' });
});
