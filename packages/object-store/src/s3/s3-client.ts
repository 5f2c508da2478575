import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Settings } from '../settings.ts';

/**
 * Speaks to S3 and what is like it (Supabase Storage, MinIO, Ceph …): addresses with the bucket in the path, and a
 * Content-MD5 with every body that is sent, which all of them verify; the newer checksums of S3 not all do.
 */
export function openS3Client({ endpoint, region, credentials }: S3Settings): S3Client {
  const client = new S3Client({
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials }),
    region,
    forcePathStyle: true,
    maxAttempts: 4, // with exponential back-off, also when the store is not there for a moment
    requestHandler: { connectionTimeout: 5000, socketTimeout: 60_000 },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  client.middlewareStack.add(
    (next) => (sent) => {
      const { request } = sent;
      if (hasBytes(request)) request.headers['content-md5'] = createHash('md5').update(request.body).digest('base64');
      return next(sent);
    },
    { step: 'build', name: 'contentMd5' },
  );
  return client;
}

interface RequestWithBytes {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

const hasBytes = (request: unknown): request is RequestWithBytes =>
  typeof request === 'object' &&
  request !== null &&
  'method' in request &&
  request.method === 'PUT' &&
  'body' in request &&
  request.body instanceof Uint8Array;
