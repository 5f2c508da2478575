import type { Server } from '@tus/server';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Lets tus answer on the bare response, with the headers that our hooks (security, CORS, request id) have set so far. */
export async function handOver(tus: Server, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  try {
    await tus.handle(request.raw, reply.raw);
  } catch (error) {
    request.log.error({ err: error }, 'an upload request could not be answered');
    reply.raw.destroy();
  }
}
