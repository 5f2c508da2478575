import { HeadBucketCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { S3Settings } from '../settings.ts';
import { isPassing } from './s3-errors.ts';

/** Rejects, naming the setting, unless the bucket is there and the keys open it. */
export async function checkBucket(client: S3Client, { endpoint, bucket, region }: S3Settings): Promise<void> {
  const where = endpoint ?? `S3 in ${region}`;
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (cause) {
    throw new Error(problemOf(cause, where, bucket), { cause });
  }
}

function problemOf(error: unknown, where: string, bucket: string): string {
  if (isPassing(error)) return `the object store at ${where} does not answer (GRANARY_S3_ENDPOINT)`;
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  if (status === 404) return `there is no bucket ${bucket} at ${where} (GRANARY_S3_BUCKET): make it first`;
  if (status === 401 || status === 403)
    return `the object store at ${where} refuses these keys for the bucket ${bucket} (GRANARY_S3_ACCESS_KEY_ID, GRANARY_S3_SECRET_ACCESS_KEY)`;
  if (status === 301 || status === 400)
    return `the bucket ${bucket} is not to be had at ${where} (GRANARY_S3_REGION, GRANARY_S3_ENDPOINT)`;
  return `the object store at ${where} cannot be used: ${error instanceof Error ? error.message : String(error)}`;
}
