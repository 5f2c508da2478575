import { createHash } from 'node:crypto';

/**
 * The id of the job that goes on where another one was postponed (a UUID of version 8, RFC 9562). It follows from the other
 * one's: a worker that is killed after it asked, and whose job runs once more, asks for the same job.
 */
export function successorId(jobId: string): string {
  const hex = createHash('sha256').update(jobId).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
