import { expect, test } from 'vitest';
import { Bell } from './bell.ts';

const never = new AbortController().signal;
const long = 600_000;

test('a ring wakes one of those who wait, in their order; one before anybody waits is not lost', async () => {
  const bell = new Bell();
  const woken: string[] = [];
  const wait = (name: string) => bell.wait(long, never).then(() => woken.push(name));
  const waiting = [wait('a'), wait('b')];
  bell.ring();
  await waiting[0];
  expect(woken).toEqual(['a']);
  bell.ring();
  await waiting[1];
  bell.ring();
  bell.ring();
  await wait('c');
  expect(woken).toEqual(['a', 'b', 'c']);
});

test('who waits does so no longer than was said, nor beyond the signal', async () => {
  const bell = new Bell();
  await bell.wait(1, never);
  const stopping = new AbortController();
  const waiting = bell.wait(long, stopping.signal);
  stopping.abort();
  await waiting;
  // those who went are not woken in place of those who are there
  const next = bell.wait(long, never);
  bell.ring();
  await next;
});
