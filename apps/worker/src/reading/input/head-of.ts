import { Buffer } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';

const headBytes = 1 << 16;

/** The first 64 KiB of a file, by which its kind is told. */
export function headOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(headBytes);
    return head.subarray(0, readSync(descriptor, head, 0, headBytes, 0));
  } finally {
    closeSync(descriptor);
  }
}
