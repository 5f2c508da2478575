import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';

export interface ReceivedWebhook {
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface LocalReceiver extends AsyncDisposable {
  /** As GRANARY_OUTBOUND_ALLOW takes it. */
  readonly address: string;
  readonly url: string;
  /** The first request that came. */
  readonly received: Promise<ReceivedWebhook>;
}

/** Somebody's program that webhooks lead to: takes requests on this machine and answers 204. */
export async function openReceiver(): Promise<LocalReceiver> {
  const first = Promise.withResolvers<ReceivedWebhook>();
  const server = http.createServer(async (request, response) => {
    try {
      const body = await text(request);
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
      response.writeHead(204).end();
      first.resolve({ headers: Object.fromEntries(headers), body });
    } catch {
      response.destroy(); // cut off on its way: it comes again
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listening = server.address();
  if (listening === null || typeof listening === 'string') throw new Error('the receiver has no port');
  const address = `127.0.0.1:${listening.port}`;
  return {
    address,
    url: `http://${address}/webhook`,
    received: first.promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
