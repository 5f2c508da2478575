import { expect, onTestFinished, test } from 'vitest';
import { remoteEmbedder } from './remote-embedder.ts';
import { type Asked, jsonServer } from './testing/local-server.ts';

async function embedderFor(
  answer: (asked: Asked) => { status?: number; json?: unknown; text?: string },
  dimensions?: number,
) {
  const server = await jsonServer(answer);
  const embedder = remoteEmbedder({ url: `${server.url}/v1/`, model: 'a-model', key: 'sk-secret', dimensions });
  onTestFinished(() => embedder.close());
  return { ...server, embedder };
}

test('texts are sent as OpenAI’s API takes them, and the vectors come in the order of the texts', async () => {
  const { embedder, asked, url } = await embedderFor(() => ({
    json: {
      object: 'list',
      model: 'a-model',
      data: [
        { object: 'embedding', index: 1, embedding: [0, 1] },
        { object: 'embedding', index: 0, embedding: [1, 0] },
      ],
      usage: { prompt_tokens: 2, total_tokens: 2 },
    },
  }));
  expect(await embedder.embed(['one', 'two'])).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(asked).toMatchObject([
    {
      path: '/v1/embeddings',
      headers: { authorization: 'Bearer sk-secret', 'content-type': 'application/json' },
      body: { model: 'a-model', input: ['one', 'two'], encoding_format: 'float' },
    },
  ]);
  expect(embedder.model).toEqual({ name: 'a-model', version: new URL(url).host });
});

test('vectors can be asked for shorter, and are another model’s then', async () => {
  const { embedder, asked } = await embedderFor(() => ({ json: { data: [{ index: 0, embedding: [1] }] } }), 256);
  await embedder.embed(['one']);
  expect(asked[0]?.body).toMatchObject({ dimensions: 256 });
  expect(embedder.model.version).toMatch(/, 256 dimensions$/);
});

test.each([
  ['an error', { status: 401, json: { error: { message: 'Incorrect API key provided: sk-secret' } } }, 'status 401'],
  ['something else', { json: { data: 'none' } }, 'something else'],
  ['no JSON', { text: '<html>' }, 'something else'],
  ['too few vectors', { json: { data: [] } }, 'left out a text'],
  ['a redirect', { status: 307, json: {} }, 'status 307'],
])('where it answers with %s, it is unavailable, and no secret is told', async (_, answer, message) => {
  const { embedder } = await embedderFor(() => answer);
  const failure = await embedder.embed(['one']).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    name: 'DomainError',
    kind: 'unavailable',
    message: expect.stringContaining(message),
  });
  expect(String(failure)).not.toContain('sk-secret');
});

test('where nobody listens, it is unavailable', async () => {
  const embedder = remoteEmbedder({ url: 'http://127.0.0.1:9', model: 'a-model' });
  await expect(embedder.embed(['one'])).rejects.toMatchObject({ kind: 'unavailable' });
});
