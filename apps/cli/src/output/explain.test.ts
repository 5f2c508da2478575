import { createGranaryClient } from '@granary/client';
import { withClient } from '@granary/db';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { explain } from './explain.ts';
import { CommandFailure, UsageFailure } from './failure.ts';

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was to reject'),
    (error: unknown) => explain(error),
  );

test('a failure of the command is 1, of its caller 2', () => {
  expect(explain(new CommandFailure('no'))).toEqual({ message: 'no', exitCode: 1 });
  expect(explain(new UsageFailure('how'))).toEqual({ message: 'how', exitCode: 2 });
  expect(explain('text')).toEqual({ message: 'text', exitCode: 1 });
});

test('a wrong setting is named, and is the caller’s', () => {
  const { error } = z.object({ DATABASE_URL: z.url() }).safeParse({ DATABASE_URL: 'nonsense' });
  expect(explain(error)).toEqual({ message: 'DATABASE_URL: Invalid URL', exitCode: 2 });
});

test.each(['127.0.0.1', 'localhost'])('a server at %s that is not there is explained', async (host) => {
  const { message } = await rejection(withClient(`postgres://a:b@${host}:1/c`, async () => {}));
  expect(message).toMatch(/ECONNREFUSED.*\n.*DATABASE_URL/);
});

test('an API that is not there is explained', async () => {
  const client = createGranaryClient({ url: 'http://127.0.0.1:1', auth: { apiKey: 'x' } });
  const { message, exitCode } = await rejection(client.datasets.list());
  expect(message).toMatch(/could not be reached\n.*npm start/);
  expect(exitCode).toBe(1);
});
