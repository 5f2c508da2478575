import http from 'node:http';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Asked {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
}

/** A server on this machine that answers JSON to JSON, until the test ends; its address, and what it was asked. */
export async function jsonServer(answer: (asked: Asked) => { status?: number; json?: unknown; text?: string }) {
  const asked: Asked[] = [];
  const server = http.createServer(async (request, response) => {
    const one = { path: request.url ?? '', headers: request.headers, body: await json(request) };
    asked.push(one);
    const { status = 200, json: value, text = JSON.stringify(value) } = answer(one);
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return { url: `http://127.0.0.1:${address.port}`, asked };
}
