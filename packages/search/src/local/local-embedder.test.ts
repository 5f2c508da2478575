import { afterAll, expect, test } from 'vitest';
import { localEmbedder } from './local-embedder.ts';

const embedder = localEmbedder();
afterAll(() => embedder.close());
const nearness = (a: readonly number[] = [], b: readonly number[] = []) =>
  a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0);

test('what means nearly the same is nearer than what does not', async () => {
  const [codes, zip, blood, weather] = await embedder.embed([
    'postal codes of Norwegian towns',
    'zip code table of Norway',
    'blood pressure of patients',
    'rain and wind, measured every hour',
  ]);
  expect(codes).toHaveLength(512);
  expect(nearness(codes, codes)).toBeCloseTo(1, 5);
  expect(nearness(codes, zip)).toBeGreaterThan(Math.max(nearness(codes, blood), nearness(codes, weather), 0.5));
});

test('the same text has the same vector, alone and among others', async () => {
  const texts = Array.from({ length: 20 }, (_, index) => `a table of ${index} rivers`);
  const [alone] = await embedder.embed([texts[7] ?? '']);
  const among = (await embedder.embed(texts))[7];
  expect(nearness(alone, among)).toBeCloseTo(1, 5);
});

test('whatever the text is, there is a vector, and the thread lives', async () => {
  const texts = [' ', '.', '\u200b', '🌲', '漢字', 'x'.repeat(5000), '\n\t', '\ud800', '<s>', '▁'];
  for (const text of texts) expect((await embedder.embed([text]))[0]).toHaveLength(512);
});

test('meanwhile other things run, and a model that rested is loaded again', async () => {
  const resting = localEmbedder({ idleMilliseconds: 0 });
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await resting.embed(Array.from({ length: 32 }, () => 'a sentence that is neither long nor short'));
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(10);
  expect(await resting.embed(['again'])).toHaveLength(1);
  await resting.close();
});
