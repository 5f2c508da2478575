import { createServer } from 'node:net';
import { freePort } from '@granary/db/embedded';
import { CommandFailure } from '../output/failure.ts';

const usual = 4780;

/**
 * The port to listen on: the demanded one (0: any), else the usual one, or if that is taken any other. Throws
 * CommandFailure when the demanded one is taken.
 */
export async function choosePort(host: string, demanded: number | undefined): Promise<number> {
  if (demanded === 0) return freePort();
  if (await isFree(host, demanded ?? usual)) return demanded ?? usual;
  if (demanded !== undefined) throw new CommandFailure(`port ${demanded} is in use; name another one with --port`);
  return freePort();
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
