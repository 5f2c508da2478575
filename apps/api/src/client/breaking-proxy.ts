import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A TCP proxy that breaks connections, as networks do: without a word to either side. */
export interface BreakingProxy {
  readonly url: string;
  /** Connections made so far. */
  connections(): number;
  /** Breaks the connections of this moment. */
  breakAll(): void;
  /** Breaks the connection that carries the client's next so many bytes, each time anew when given several. */
  breakAfter(...bytes: number[]): void;
}

export async function startBreakingProxy(target: string): Promise<BreakingProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let budgets: readonly number[] = [];
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const api = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, api],
      [api, client],
    ] as const) {
      open.add(socket);
      // whichever is reset takes the other along: a proxy that keeps it open makes its side wait for ever
      socket.on('error', () => other.resetAndDestroy()).on('close', () => open.delete(socket));
    }
    const cut = () => {
      client.resetAndDestroy();
      api.resetAndDestroy();
    };
    client.on('data', (bytes) => {
      const [budget, ...later] = budgets;
      const left = budget === undefined ? Number.POSITIVE_INFINITY : budget - bytes.length;
      budgets = left > 0 ? [left, ...later] : later;
      if (left <= 0) {
        client.pause(); // nothing may follow what is left out
        api.write(bytes.subarray(0, bytes.length >> 1), cut); // the API has got a part of what was sent last
      } else if (!api.write(bytes)) {
        client.pause();
        api.once('drain', () => client.resume());
      }
    });
    client.on('end', () => api.end());
    api.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const breakAll = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  onTestFinished(async () => {
    breakAll();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (!isPort(address)) throw new Error('not listening on a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    connections: () => connections,
    breakAll,
    breakAfter: (...bytes) => {
      budgets = bytes;
    },
  };
}

const isPort = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;
