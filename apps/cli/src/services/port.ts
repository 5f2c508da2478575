import { createServer } from 'node:net';
import { freePort } from '@granary/db/embedded';
import { CommandFailure } from '../output/failure.ts';

/**
 * The port to listen on: the wanted one, or if it is taken and nobody asked for it by name, another. Throws
 * CommandFailure when `isDemanded` and it is taken.
 */
export async function choosePort(host: string, wanted: number, isDemanded: boolean): Promise<number> {
  if (await isFree(host, wanted)) return wanted;
  if (isDemanded) throw new CommandFailure(`port ${wanted} is in use; name another one with --port`);
  return freePort();
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
