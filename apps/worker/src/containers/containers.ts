import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Outbound } from '@granary/outbound';
import type { ImageRegistry } from '../images/image-registry.ts';

const run = promisify(execFile);

/** How this worker runs containers. */
export interface Containers {
  /** podman, with options of the operator's. */
  readonly command: readonly string[];
  /** What an image may take, unpacked. */
  readonly imageMegabytes: number;
  /** What tenants name is asked for through it. */
  readonly outbound: Outbound;
  /** Where images are that were built here. */
  readonly registry?: ImageRegistry | undefined;
}

/** Why this machine cannot run containers that nobody here wrote, in words; null where it can. */
export async function whyNoContainers([program = '', ...options]: readonly string[]): Promise<string | null> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'containers are run by root on Linux, who gives each a user of its own';
  for (const [tool, ...args] of [
    [program, ...options, '--version'],
    ['setpriv', '--version'],
    ['unshare', '--version'],
  ]) {
    const works = await run(tool ?? '', args).then(
      () => true,
      () => false,
    );
    if (!works) return `${tool} does not run here`;
  }
  return null;
}
