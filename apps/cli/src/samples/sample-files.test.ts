import { expect, test } from 'vitest';
import { sampleFiles } from './sample-files.ts';

test.each(sampleFiles.map((sample) => [sample.fileName, sample] as const))(
  '%s is there, with rows',
  async (_, sample) => {
    const { rows, text } = await sample.expect();
    expect(rows).toBeGreaterThan(3000);
    if (text) expect(text.values).toHaveLength(rows);
  },
);

test('ZIP codes that begin with a zero are among them: what a number would lose', async () => {
  const { text } = await sampleFiles[0].expect();
  expect(text?.values.filter((zip) => zip?.startsWith('0')).length).toBeGreaterThan(1000);
  expect(text?.values[0]).toBe('00501');
});
