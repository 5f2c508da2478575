import { GranaryError } from '../errors.ts';

/**
 * What can be uploaded: a browser's File or Blob (also Node's), bytes in memory, a stream whose size is known, or in Node
 * a file by its path, which is read as it is sent.
 */
export type UploadSource =
  | Blob
  | Uint8Array
  | { readonly path: string }
  | { readonly stream: ReadableStream<Uint8Array>; readonly size: number };

export interface ByteSource {
  readonly name: string | undefined;
  readonly size: number;
  /** The bytes from `start` to before `end`; all of them, or it throws. */
  read(start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export async function openSource(source: UploadSource): Promise<ByteSource> {
  if (source instanceof Uint8Array) {
    const read = async (start: number, end: number) => source.subarray(start, end);
    return { name: undefined, size: source.byteLength, read, close };
  }
  if (source instanceof Blob) {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : undefined;
    const read = async (start: number, end: number) => new Uint8Array(await source.slice(start, end).arrayBuffer());
    return { name, size: source.size, read, close };
  }
  return 'path' in source ? openPath(source.path) : openStream(source.stream, source.size);
}

const close = async (): Promise<void> => {};

// not an import, which bundlers for browsers would try to resolve
declare const process:
  | undefined
  | { getBuiltinModule?(id: 'node:fs/promises'): { open(path: string): Promise<Handle> } };
interface Handle {
  stat(): Promise<{ size: number }>;
  read(into: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  close(): Promise<void>;
}

async function openPath(path: string): Promise<ByteSource> {
  const files = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:fs/promises');
  if (!files) throw new GranaryError('invalid', 'files are opened by path in Node 20.16 or later only');
  const handle = await files.open(path).catch((cause: unknown) => {
    throw new GranaryError('invalid', `${path} cannot be read`, { cause });
  });
  const { size } = await handle.stat();
  return {
    name: path.split(/[/\\]/).at(-1),
    size,
    close: () => handle.close(),
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done);
        if (bytesRead === 0) throw wrongSize(size, 'ended', start + done);
        done += bytesRead;
      }
      return bytes;
    },
  };
}

/** A stream cannot be read twice: what was read last is kept until more is asked for, to be sent again if need be. */
function openStream(stream: ReadableStream<Uint8Array>, size: number): ByteSource {
  const reader = stream.getReader();
  let from = 0;
  let kept: Uint8Array = new Uint8Array(0);
  return {
    name: undefined,
    size,
    close: () => reader.cancel(),
    async read(start, end) {
      if (start < from) throw new GranaryError('precondition', 'a stream cannot be sent again from an earlier byte');
      const parts = [kept.subarray(start - from)];
      let length = kept.length - (start - from);
      // at the end once more, to see that it is the end
      while (start + length < end || (end === size && start + length === size)) {
        const { done, value } = await reader.read();
        if (done && start + length < end) throw wrongSize(size, 'ended', start + length);
        if (done) break;
        parts.push(value);
        length += value.length;
      }
      if (start + length > size) throw wrongSize(size, 'went on', size);
      kept = concatenate(parts, length);
      from = start;
      return kept.subarray(0, end - start);
    },
  };
}

function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const wrongSize = (size: number, how: 'ended' | 'went on', at: number): GranaryError =>
  new GranaryError('invalid', `the file ${how} after ${at} of ${size} bytes`);
