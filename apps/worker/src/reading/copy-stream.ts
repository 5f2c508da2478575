import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

/** The reading end of a named pipe that another process fills. */
export interface CopyStream {
  readonly stream: Readable;
  /** The writer has finished, and well: the stream ends after what is left in it. */
  end(): void;
  /** The stream ends with this error, never as if it were whole. */
  fail(error: Error): void;
}

/**
 * Makes a FIFO and opens both of its ends here without blocking. The writing end is held so that the stream ends when we
 * say so and not when the writer goes away: a process that was killed looks, to a pipe, just like one that has finished.
 * `mode`: who else may write, which a folder that is closed to others decides where the writer is another user.
 */
export async function openCopyStream(fifo: string, mode = '600'): Promise<CopyStream> {
  await promisify(execFile)('mkfifo', ['-m', mode, fifo]);
  const reading = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const held = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  const stream = new Socket({ fd: reading, readable: true, writable: false });
  let open = true;
  const release = () => {
    if (!open) return;
    open = false;
    closeSync(held);
    rmSync(fifo, { force: true });
  };
  stream.once('close', release);
  return {
    stream,
    end: release,
    fail: (error) => {
      stream.destroy(error);
      release();
    },
  };
}
