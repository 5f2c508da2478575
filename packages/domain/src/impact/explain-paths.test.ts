import { expect, test } from 'vitest';
import { explainPaths, type Reached } from './explain-paths.ts';

/** A row of things, each reached from the one before. */
const row = (length: number): Reached[] =>
  Array.from({ length }, (_, at) => ({
    kind: 'block',
    id: `${at + 1}`,
    name: `${at + 1}`,
    via: `${at}`,
    reason: 'depends on',
    port: null,
  }));
const start = { kind: 'block', id: '0', name: '0', reason: null, port: null } as const;

test('each path leads from the start to the thing, one step a thing', () => {
  const paths = explainPaths(start, row(3));
  expect(paths.get('3')?.map(({ id }) => id)).toEqual(['0', '1', '2', '3']);
});

test('of a long row as many are spelled out as the steps reach, and those are the nearest', () => {
  const paths = explainPaths(start, row(10_000), 100);
  const spelledOut = [...paths.values()].map(({ length }) => length);
  expect(spelledOut).toEqual(Array.from({ length: spelledOut.length }, (_, at) => at + 2));
  expect(spelledOut.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(100);
  expect(spelledOut.length).toBeGreaterThan(10);
});
