import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { reportFailure } from '../errors/handle-errors.ts';
import { eventStream, type StreamedEvent } from './event-stream.ts';

/** Answers with server-sent events; `open` gets the signal that the listener left. */
export function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  open: (signal: AbortSignal) => AsyncGenerator<StreamedEvent>,
): FastifyReply {
  const left = new AbortController();
  reply.raw.once('close', () => left.abort());
  const text = eventStream(open(left.signal), (error) => {
    const { problem } = reportFailure(error, request);
    return problem.kind === 'unavailable' ? null : problem;
  });
  return reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no') // nginx would hold events back
    .send(Readable.from(text, { objectMode: false }));
}
