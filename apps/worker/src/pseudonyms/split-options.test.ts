import { expect, test } from 'vitest';
import { splitOptions } from './split-options.ts';

test('what is said of the bytes is not said again of the rows made of them', () => {
  const { bytes, rows } = splitOptions({ delimiter: ';', skipLines: 3, hasHeader: true, keepOriginal: false });
  expect(bytes).toEqual({ delimiter: ';', skipLines: 3, hasHeader: true });
  expect(rows).toEqual({});
});

test('an option that would be passed over is refused by its name', () => {
  expect(() => splitOptions({ skipFooterLines: 2 })).toThrow('no option skipFooterLines');
  expect(() => splitOptions({ skipFooterLines: undefined })).not.toThrow();
});
