import { expect, test } from 'vitest';
import { type Delivery, requirePlain } from './delivery.ts';

const delivery: Delivery = {
  sha256: 'a'.repeat(64),
  fileName: 'people.csv',
  bytes: 1,
  identifiers: [],
  options: {},
  mode: 'replace',
  keyColumns: [],
  columns: new Map(),
};

test('a whole file may have identifiers, or leave no original', () => {
  requirePlain({ ...delivery, identifiers: ['id'] });
  requirePlain({ ...delivery, options: { keepOriginal: false } });
  requirePlain({ ...delivery, mode: 'append' });
});

test.each([
  { mode: 'append', identifiers: ['id'] },
  { mode: 'upsert', identifiers: ['id'] },
  { mode: 'append', options: { keepOriginal: false } },
] as const)('%j is refused: text that is set apart would be kept as it is', (given) => {
  expect(() => requirePlain({ ...delivery, ...given })).toThrow(
    expect.objectContaining({ kind: 'precondition', details: { mode: given.mode } }),
  );
});
