import { pipeline, type Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { findOutboundError, OutboundError } from './outbound-error.ts';

export const acceptedEncodings = 'gzip, br';

/**
 * An answer's bytes, unpacked, while they keep to the limit: they count as they come, and again as they are unpacked, so what unpacks
 * to gigabytes stops where a large answer does. Destroying it ends the connection. It fails with an `OutboundError`.
 */
export function limitedBody(
  wire: Readable,
  contentEncoding: string | null,
  limits: { readonly url: URL; readonly maxBytes: number; readonly explain: (error: unknown) => OutboundError },
): Readable {
  const unpack = unpacker(contentEncoding, limits.url);
  const arriving = counted(limits.maxBytes, limits.url);
  const body = unpack ? counted(limits.maxBytes, limits.url) : arriving;
  // what fails on the way is said by the stream that is read: the others' errors end here
  const say = (error: unknown) => body.destroy(findOutboundError(error) ?? limits.explain(error));
  wire.once('error', say);
  unpack?.once('error', (error) =>
    say(new OutboundError('bad_response', 'the answer cannot be unpacked', limits.url, { cause: error })),
  );
  pipeline(unpack ? [wire, arriving, unpack, body] : [wire, body], () => {});
  return body;
}

function unpacker(contentEncoding: string | null, url: URL): Transform | undefined {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return undefined;
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  if (encoding === 'br') return createBrotliDecompress();
  if (encoding === 'zstd') return createZstdDecompress();
  throw new OutboundError('bad_response', 'the answer is packed in a way that is not known', url);
}

function counted(maxBytes: number, url: URL): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.byteLength;
      if (seen <= maxBytes) done(null, chunk);
      else done(new OutboundError('too_large', `the answer has more than ${maxBytes} bytes`, url));
    },
  });
}

/** All of a body; or its first bytes, where that is asked for, and the rest is not waited for. */
export async function collect(
  body: Readable,
  cutAt: number | undefined,
): Promise<{ readonly bytes: Buffer; readonly isCut: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      if (cutAt !== undefined && length > cutAt)
        return { bytes: Buffer.concat(chunks).subarray(0, cutAt), isCut: true };
    }
  } catch (error) {
    // packed, it may be too large before it has shown enough
    if (cutAt === undefined || !(error instanceof OutboundError) || error.kind !== 'too_large') throw error;
    return { bytes: Buffer.concat(chunks).subarray(0, cutAt), isCut: true };
  }
  return { bytes: Buffer.concat(chunks), isCut: false };
}
