import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { fastify } from 'fastify';
import { afterAll, expect, test } from 'vitest';
import { limitBodyTime } from './body-deadline.ts';

const app = fastify({ return503OnClosing: false });
limitBodyTime(app, 150);
app.post('/', async () => 'got it');
app.post('/slow', { config: { bodyDeadline: false } }, async () => 'got it');
await app.listen({ host: '127.0.0.1', port: 0 });
afterAll(() => app.close());

/** Sends a body of two bytes, the second when `more` resolves. */
async function dribble(path: string, more: (closed: Promise<unknown>) => Promise<unknown>): Promise<string> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  const answer = text(socket).catch(() => '');
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{`,
  );
  await more(closed);
  if (!socket.destroyed) socket.write('}');
  return answer;
}
const wait = () => new Promise((resolve) => setTimeout(resolve, 400));

test('a body that is not there in time costs the connection', async () => {
  expect(await dribble('/', (closed) => closed)).toBe('');
});

test('a body that is may take its answer as long as it likes', async () => {
  expect(await dribble('/', async () => {})).toContain('got it');
});

test('a route that says so waits', async () => {
  expect(await dribble('/slow', wait)).toContain('got it');
});
