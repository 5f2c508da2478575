import { type DetailedError, Upload } from 'tus-js-client';
import type { CallOptions } from '../calls.ts';
import type { Connection } from '../connection.ts';
import { abortedError, errorFrom, errorFromBody } from '../error-from.ts';
import { GranaryError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { httpStack, inNode } from './node-http-stack.ts';

export interface SendOptions extends CallOptions {
  /** Called as bytes are sent. The number falls back when a connection broke and the API had received less. */
  readonly onProgress?: ((progress: { readonly bytesSent: number; readonly bytesTotal: number }) => void) | undefined;
}

/** The most that is held in memory, and within what many a proxy lets a request be. */
const chunkSize = 8 * 1024 * 1024;
const retryDelays = [0, 500, 1000, 2000, 4000, 8000, 15_000];

/**
 * Sends the bytes by the tus protocol (tus.io, 1.0.0): in pieces, each tried again with back-off and from the byte where
 * the API's record ends. For a dataset with identifiers the API encrypts what it gets. Returns the upload's id. When aborted, the API is told to throw away what it has.
 */
export async function sendFile(
  connection: Connection,
  source: ByteSource,
  { fileName, datasetId }: { readonly fileName: string; readonly datasetId?: string | undefined },
  { signal, onProgress }: SendOptions,
): Promise<string> {
  if (signal?.aborted) throw abortedError(signal);
  const { promise, resolve, reject } = deferred<void>();
  let sourceFailure: GranaryError | undefined;
  const upload = new Upload(new Blob([]), {
    endpoint: `${connection.url}/files`,
    metadata: { filename: fileName, ...(datasetId !== undefined && { datasetId }) },
    chunkSize,
    retryDelays,
    httpStack,
    storeFingerprintForResuming: false,
    fingerprint: async () => '',
    fileReader: {
      openFile: async () => ({
        size: source.size,
        close: () => {}, // whoever opened the source closes it
        slice: (start, end) =>
          source.read(start, end).then(
            (bytes) => ({ value: body(bytes), done: end >= source.size }),
            (error: unknown) => {
              sourceFailure = errorFrom(error);
              throw error;
            },
          ),
      }),
    },
    async onBeforeRequest(request) {
      for (const [name, value] of Object.entries(await connection.headers())) request.setHeader(name, value);
      if (connection.withCookies && !inNode) request.getUnderlyingObject().withCredentials = true;
    },
    onShouldRetry: (error) => !sourceFailure && worthRetrying(error),
    onUploadUrlAvailable: () => {
      if (signal?.aborted) void upload.abort(true).catch(() => {}); // aborted before the API had answered with the id
    },
    onProgress: (bytesSent, bytesTotal) => onProgress?.({ bytesSent, bytesTotal }),
    onSuccess: () => resolve(),
    onError: (error) => reject(sourceFailure ?? uploadError(error)),
  });
  const abort = () => {
    // not waited for: the caller is gone, and what is not thrown away now expires
    void upload.abort(true).catch(() => {});
    reject(abortedError(signal));
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    upload.start();
    await promise;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  return idOf(upload.url);
}

// tus takes the size from the body, which in Node may not be a Blob
const body = (bytes: Uint8Array): unknown =>
  inNode ? Object.assign(bytes, { size: bytes.length }) : new Blob([Uint8Array.from(bytes)]);

function worthRetrying(error: DetailedError): boolean {
  const response = error.originalResponse;
  const status = response?.getStatus() ?? 0;
  // too many requests pass, and say when; a quota that is used up says nothing of the kind
  if (status === 429) return Boolean(response?.getHeader('retry-after'));
  return status < 400 || status >= 500 || status === 409 || status === 423;
}

function uploadError(error: Error | DetailedError): GranaryError {
  if (!('originalRequest' in error)) return errorFrom(error);
  const response = error.originalResponse;
  if (response)
    return errorFromBody(response.getStatus(), response.getBody(), response.getHeader('x-request-id') ?? null);
  return error.causingError instanceof GranaryError
    ? error.causingError
    : // tus' own error holds the request, and with it the credential
      new GranaryError('network', 'the connection broke while the file was sent', { cause: error.causingError });
}

function idOf(url: string | null): string {
  const id = url && new URL(url).pathname.split('/').at(-1);
  if (!id) throw new GranaryError('internal', 'the API named no upload');
  return id;
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
