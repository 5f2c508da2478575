import { expect, test } from 'vitest';
import { z } from 'zod';
import { successorId } from './successor-id.ts';

test('every job has one successor, which is another job with an id of its own', () => {
  const ids = ['0193b0c1-0000-7000-8000-000000000000'];
  for (let i = 0; i < 100; i++) ids.push(successorId(ids.at(-1)!));
  expect(new Set(ids).size).toBe(101);
  for (const id of ids.slice(1)) expect(z.uuid().parse(id)).toBe(id);
  expect(successorId(ids[0]!)).toBe(ids[1]);
});
