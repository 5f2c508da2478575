import { S3ServiceException } from '@aws-sdk/client-s3';
import { DomainError } from '@granary/domain';

/** Whether the store said that there is no such object. */
export const isAbsent = (error: unknown): boolean =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404 && error.name !== 'NoSuchBucket';

const networkCodes = /^E(CONN|AI_|HOST|NET|PIPE|TIMEDOUT|NOTFOUND)|^ERR_STREAM_PREMATURE_CLOSE$/;

/** Whether trying again may help: nobody answered, or the store has trouble or too much to do. */
export function isPassing(error: unknown): boolean {
  if (error instanceof DomainError) return error.kind === 'unavailable';
  if (error instanceof S3ServiceException) {
    const status = error.$metadata.httpStatusCode;
    return status === undefined || status >= 500 || status === 429;
  }
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isPassing);
  return error.name === 'TimeoutError' || ('code' in error && networkCodes.test(String(error.code)));
}

/** What a call rejected with, as DomainError unavailable where that is what it is. */
export const fromStore = (error: unknown): unknown =>
  isPassing(error) && !(error instanceof DomainError)
    ? new DomainError('unavailable', 'the object store does not answer, try again', {}, { cause: error })
    : error;

/** Waits for an answer of the store. */
export async function answered<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw fromStore(error);
  }
}
