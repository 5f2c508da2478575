import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';

/** The writing end of a named pipe that another process reads. */
export interface FifoSink {
  readonly stream: Writable;
  /** Removes the pipe; its reader has finished, or is gone. */
  release(): void;
}

/**
 * Makes a FIFO and opens both of its ends here without blocking. The reading end is held, so that a reader who comes late
 * misses nothing. A writer that fails looks, to the reader, like one that has finished: its result counts only together
 * with the writer's.
 */
export async function openFifoSink(fifo: string): Promise<FifoSink> {
  await promisify(execFile)('mkfifo', ['-m', '600', fifo]);
  const held = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const stream = new Socket({
    fd: openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK),
    readable: false,
    writable: true,
  });
  let open = true;
  return {
    stream,
    release() {
      if (!open) return;
      open = false;
      stream.destroy();
      closeSync(held);
      rmSync(fifo, { force: true });
    },
  };
}
