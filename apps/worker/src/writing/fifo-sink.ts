import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A named pipe that another process is going to read. */
export interface FifoSink {
  /** Resolves as soon as the reader is there; an end that nobody has opened yet would be missed. Never blocks. */
  opened(): Promise<Writable>;
  /** Removes the pipe; its reader has finished, or is gone. */
  release(): void;
}

const interval = 5; // milliseconds between two looks at whether the reader is there

/**
 * Makes a FIFO. A writer that fails looks, to the reader, like one that has finished: its result counts only together with
 * the writer's. `mode`: who else may read, where the reader is another user in a folder of its own.
 */
export async function openFifoSink(fifo: string, mode = '600'): Promise<FifoSink> {
  await promisify(execFile)('mkfifo', ['-m', mode, fifo]);
  let stream: Socket | undefined;
  let isReleased = false;
  return {
    async opened() {
      for (;;) {
        const fd = tryOpen(fifo);
        if (fd !== null && isReleased) closeSync(fd);
        if (isReleased) throw new Error('the pipe was given up before it was read');
        if (fd !== null) {
          stream = new Socket({ fd, readable: false, writable: true });
          stream.on('error', () => {}); // whoever writes is told as well
          return stream;
        }
        await setTimeout(interval);
      }
    },
    release() {
      isReleased = true;
      stream?.destroy();
      rmSync(fifo, { force: true });
    },
  };
}

/** Null while nobody reads. */
function tryOpen(fifo: string): number | null {
  try {
    return openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENXIO' || error.code === 'ENOENT')) return null;
    throw error;
  }
}
