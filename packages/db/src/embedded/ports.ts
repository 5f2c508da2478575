import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';

/**
 * The port of the last start when it is still free, so that connection URLs survive a restart; otherwise the
 * first free one from a start that the folder determines. Below the range that outgoing connections use.
 */
export async function choosePort(home: string): Promise<number> {
  const last = Number(await readFile(path.join(home, 'port'), 'utf8').catch(() => ''));
  if (last > 0 && (await isFree(last))) return last;
  const first = createHash('sha256').update(home).digest().readUInt16BE();
  for (let step = 0; step < 1000; step++) {
    const port = 20_000 + ((first + step * 7) % 12_000);
    if (await isFree(port)) return port;
  }
  return freePort();
}

/** Any port that was free a moment ago. */
export function freePort(): Promise<number> {
  return probe(0);
}

function isFree(port: number): Promise<boolean> {
  return probe(port).then(
    () => true,
    () => false,
  );
}

function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
