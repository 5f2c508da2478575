import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { AbortMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { checkDigest } from './check-digest.ts';
import { answered } from './s3-errors.ts';

const smallestPart = 8 * 1024 ** 2;
const mostParts = 10_000;

export interface FileToSend {
  readonly bucket: string;
  readonly key: string;
  readonly sha256: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * Sends a file, in parts where it is large. The object appears when the last part is there and the bytes that were sent
 * have the digest, or not at all: what fails is aborted. (Where even that fails, or the process is killed, the parts are for
 * a lifecycle rule of the bucket to remove.)
 */
export async function sendFile(client: S3Client, { bucket, key, sha256, path, bytes }: FileToSend): Promise<void> {
  const file = createReadStream(path, { highWaterMark: 1024 ** 2 });
  const upload = new Upload({
    client,
    params: {
      Bucket: bucket,
      Key: key,
      Body: Readable.from(checkDigest(file, sha256), { objectMode: false }),
      ContentType: 'application/octet-stream',
    },
    partSize: Math.max(smallestPart, Math.ceil(bytes / mostParts)),
    queueSize: 3,
    leavePartsOnError: true, // its own abort would tell of a failing abort instead of what went wrong
  });
  try {
    await answered(upload.done());
  } catch (error) {
    const { uploadId: UploadId } = upload;
    if (UploadId !== undefined)
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId })).catch(() => {});
    throw error;
  } finally {
    file.destroy();
  }
}
