import { DomainError, type Load } from '@granary/domain';
import { expect, test } from 'vitest';
import { createLoadWatcher, type LoadEvent } from './watch-load.ts';

const identity = { userId: 'u', tenantId: 't' };
const load = (changed: Partial<Load>): Load => ({
  datasetId: '01990000-0000-7000-8000-000000000000',
  versionId: '01990000-0000-7000-8000-000000000001',
  version: 1,
  state: 'running',
  phase: 'reading',
  bytesDone: 0,
  bytesTotal: 10,
  rowsDone: 0,
  rowsPerSecond: null,
  inputRows: null,
  loadedRows: null,
  quarantinedRows: null,
  notes: [],
  error: null,
  startedAt: null,
  finishedAt: null,
  ...changed,
});
const never = new AbortController().signal;
const collect = async (events: AsyncGenerator<LoadEvent>) => {
  const seen: number[] = [];
  for await (const event of events) seen.push(event.load.rowsDone);
  return seen;
};

/** Loads that answer with the given states, the last one for ever. */
function watcherOf(states: Load[], options: { maxPerUser?: number; draining?: AbortSignal } = {}) {
  const run = async () => (states.length > 1 ? states.shift() : states[0]);
  return createLoadWatcher({ run, draining: never, intervalMs: 1, ...options });
}

test('a server that leaves ends it at once, though the answer that it waits for never comes', async () => {
  const draining = new AbortController();
  const asked = Promise.withResolvers<void>();
  const run = () => {
    asked.resolve();
    return new Promise<never>(() => {});
  };
  const { watch } = createLoadWatcher({ run, draining: draining.signal });
  const next = watch({ identity, input: {}, signal: never }).next();
  await asked.promise;
  draining.abort();
  await expect(next).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a state that did not change is no event, and the last one ends it', async () => {
  const states = [
    load({}),
    load({}),
    load({ rowsDone: 5 }),
    load({ rowsDone: 5 }),
    load({ rowsDone: 9, state: 'ready' }),
  ];
  const { watch } = watcherOf(states);
  expect(await collect(watch({ identity, input: {}, signal: never }))).toEqual([0, 5, 9]);
});

test('who leaves ends it without a word, a server that leaves says that one should come back', async () => {
  const left = new AbortController();
  const leaving = watcherOf([load({})]).watch({ identity, input: {}, signal: left.signal });
  await leaving.next();
  left.abort();
  expect(await leaving.next()).toEqual({ done: true, value: undefined });

  const draining = new AbortController();
  const drained = watcherOf([load({})], { draining: draining.signal }).watch({ identity, input: {}, signal: never });
  await drained.next();
  draining.abort();
  await expect(drained.next()).rejects.toMatchObject({ kind: 'unavailable' });
});

test('one person cannot keep more than so many open, and room comes back when they leave', async () => {
  const { watch } = watcherOf([load({})], { maxPerUser: 2 });
  const open = () => watch({ identity, input: {}, signal: never });
  const [one, two] = [open(), open()];
  await Promise.all([one.next(), two.next()]);
  await expect(open().next()).rejects.toEqual(expect.any(DomainError));
  expect((await watch({ identity: { ...identity, userId: 'other' }, input: {}, signal: never }).next()).done).toBe(
    false,
  );
  await one.return(undefined);
  expect((await open().next()).done).toBe(false);
});
